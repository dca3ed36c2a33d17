import boto3
session = boto3.session.Session(region_name='eu-west-1')
table = session.resource('dynamodb').Table('t')
class A:
    def __init__(self):
        self.sts = session.client('sts')
    def who(self):
        return self.sts.get_caller_identity()
A().who(); table.scan()
