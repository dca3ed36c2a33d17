import boto3
from urllib.request import urlopen

def main(s3):
    s3.put_object(Bucket='b', Key='k', Body=b'')
    urlopen('https://a.example.com/x')

if __name__ == '__main__':
    main(boto3.client('s3'))
