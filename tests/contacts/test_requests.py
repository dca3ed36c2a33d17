"""The IAM requests that a build's commands make with the build's own role."""

from __future__ import annotations

import json

import pytest

from reachsim.pipeline.contacts import contacts_of

BUCKET = "arn:aws:s3:::b"


def requests(*commands: str, files: dict[str, str] | None = None, env: dict[str, object] | None = None) -> list[str]:
    """What a build of these commands asks of IAM, each ``ACTION RESOURCE``."""
    spec = {"version": 0.2, "env": env or {}, "phases": {"build": {"commands": commands}}}
    held = {name: text.encode() for name, text in (files or {}).items()}
    data = json.dumps(spec).encode()
    found = contacts_of(data, {"buildspec.yml": data} | held)
    return sorted({f"{one.action} {one.resource}" for row in found.contacts for one in row.requests})


# AWS CLI Command Reference, "s3 cp", "s3 sync", "s3 mv", "s3 rm" (--acl needs s3:PutObjectAcl); aws/aws-cli,
# customizations/s3/fileformat.py: of a folder every key begins with the prefix and a slash, and a key that ends in a
# slash is followed by the file's name; filegenerator.py: what lies under a prefix is listed first.
@pytest.mark.parametrize(
    ("command", "asked"),
    [
        ("aws s3 sync ./site s3://b/docs", [f"s3:ListBucket {BUCKET}", f"s3:PutObject {BUCKET}/docs/*"]),
        ("aws s3 sync ./site s3://b", [f"s3:ListBucket {BUCKET}", f"s3:PutObject {BUCKET}/*"]),
        ("aws s3 sync s3://b/in/ .", [f"s3:GetObject {BUCKET}/in/*", f"s3:ListBucket {BUCKET}"]),
        ("aws s3 cp a.zip s3://b/in/", [f"s3:PutObject {BUCKET}/in/a.zip"]),
        ("aws s3 cp dist/a.zip s3://b", [f"s3:PutObject {BUCKET}/a.zip"]),
        ("aws s3 cp a.zip s3://b/in/x.zip", [f"s3:PutObject {BUCKET}/in/x.zip"]),
        ("aws s3 cp $FILE s3://b/in/", [f"s3:PutObject {BUCKET}/in/*"]),
        ("aws s3 cp s3://b/in out --recursive", [f"s3:GetObject {BUCKET}/in/*", f"s3:ListBucket {BUCKET}"]),
        ("aws s3 cp s3://b/in out", [f"s3:GetObject {BUCKET}/in"]),
        ("aws s3 rm s3://b/in/x", [f"s3:DeleteObject {BUCKET}/in/x"]),
        ("aws s3 rm s3://b/in --recursive", [f"s3:DeleteObject {BUCKET}/in/*", f"s3:ListBucket {BUCKET}"]),
        ("aws s3 mv s3://b/in/x .", [f"s3:DeleteObject {BUCKET}/in/x", f"s3:GetObject {BUCKET}/in/x"]),
        (
            "aws s3 cp a.zip s3://b/ --acl public-read",
            [f"s3:PutObject {BUCKET}/a.zip", f"s3:PutObjectAcl {BUCKET}/a.zip"],
        ),
        (
            "aws s3 sync s3://b/in s3://c/out --acl public-read",
            [
                f"s3:GetObject {BUCKET}/in/*",
                f"s3:ListBucket {BUCKET}",
                "s3:ListBucket arn:aws:s3:::c",
                "s3:PutObject arn:aws:s3:::c/out/*",
                "s3:PutObjectAcl arn:aws:s3:::c/out/*",
            ],
        ),
    ],
)
def test_objects_of_s3(command: str, asked: list[str]) -> None:
    assert requests(command) == asked


def test_a_package_goes_under_its_prefix() -> None:
    told = requests("aws cloudformation package --template-file t.yml --s3-bucket b --s3-prefix build")
    assert told == [f"s3:PutObject {BUCKET}/build/*"]


ROLE = "arn:aws:iam::111122223333:role/deploy"
ASSUME = f"aws sts assume-role --role-arn {ROLE} --role-session-name build"
ASSUMED = f"sts:AssumeRole {ROLE}"
READ = "aws ssm get-parameter --name /x"
ASKED = "ssm:GetParameter arn:aws:ssm:*:*:parameter/x"
KEYS = "export AWS_ACCESS_KEY_ID=$(echo $C | jq -r .Credentials.AccessKeyId)"
FORMAT = '"AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s AWS_SESSION_TOKEN=%s"'
QUERY = "--query Credentials.[AccessKeyId,SecretAccessKey,SessionToken] --output text"


# AWS CLI User Guide, "Configuration and credential file settings in the AWS CLI", precedence: options, environment
# variables and files come before the credentials of the container, which are those of the build's role.
@pytest.mark.parametrize(
    ("commands", "asked"),
    [
        ((f"C=$({ASSUME})", KEYS, READ), [ASSUMED]),
        ((f"{ASSUME} > c.json", "export AWS_ACCESS_KEY_ID=$(jq -r .Credentials.AccessKeyId c.json)", READ), [ASSUMED]),
        ((f"export $(printf {FORMAT} $({ASSUME} {QUERY}))", READ), [ASSUMED]),
        ((f"export $({ASSUME} {QUERY} | awk '{{print \"AWS_ACCESS_KEY_ID=\"$1}}')", READ), [ASSUMED]),
        ((f"source <({ASSUME} | jq -r '\"export AWS_ACCESS_KEY_ID=\\(.Id)\"')", READ), [ASSUMED]),
        (("docker run -e AWS_CONTAINER_CREDENTIALS_RELATIVE_URI amazon/aws-cli ssm get-parameter --name /x",), [ASKED]),
        (("docker run amazon/aws-cli ssm get-parameter --name /x",), []),
        ((f"eval $({ASSUME} | jq -r '.Credentials | \"export AWS_ACCESS_KEY_ID=\\(.AccessKeyId)\"')", READ), [ASSUMED]),
        ((f"C=$({ASSUME})", KEYS, "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY", READ), [ASKED, ASSUMED]),
        ((f"AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b {READ}", READ), [ASKED]),
        ((f"AWS_PROFILE=prod {READ}",), []),
        ((f"{READ} --profile prod",), []),
        (("aws configure set aws_access_key_id $KEY", READ), []),
        (("aws configure set aws_access_key_id $KEY --profile prod", READ), [ASKED]),
        (("aws configure set role_arn arn:aws:iam::111122223333:role/x", READ), []),
        (("aws configure set default.region eu-west-1", READ), [ASKED]),
        (("mkdir ~/.aws", 'printf "[default]\\naws_access_key_id=AKIA\\n" > ~/.aws/credentials', READ), []),
        (("mkdir ~/.aws", 'printf "[prod]\\naws_access_key_id=AKIA\\n" > ~/.aws/credentials', READ), [ASKED]),
        (
            ("C=$(curl -s 169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI)",
             "export AWS_ACCESS_KEY_ID=$(echo $C | jq -r .AccessKeyId)", READ),
            [ASKED],
        ),
    ],
)  # fmt: skip
def test_only_the_builds_own_credentials_ask_in_its_name(commands: tuple[str, ...], asked: list[str]) -> None:
    assert requests(*commands) == asked


def test_credentials_that_the_environment_sets_are_not_the_builds_own() -> None:
    keys = {"AWS_ACCESS_KEY_ID": "/keys/id", "AWS_SECRET_ACCESS_KEY": "/keys/secret"}
    told = requests(READ, env={"parameter-store": keys})
    assert told == [f"ssm:GetParameters arn:aws:ssm:*:*:parameter{one}" for one in sorted(keys.values())]


def test_the_docker_daemon_pushes_with_what_it_was_logged_in_with() -> None:
    ours, theirs = (f"{account}.dkr.ecr.eu-west-1.amazonaws.com" for account in ("111111111111", "222222222222"))
    login = "aws ecr get-login-password --region eu-west-1 {} | docker login -u AWS --password-stdin {}"
    told = requests(
        login.format("", ours), login.format("--profile other", theirs),
        f"docker pull {ours}/a", f"docker push {ours}/b", f"docker pull {theirs}/c", f"docker push {theirs}/d",
    )  # fmt: skip
    bucket = "s3:GetObject arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/*"
    assert bucket in told
    assert "ecr:GetAuthorizationToken *" in told
    assert {one.rsplit("/", 1)[1] for one in told if one not in (bucket, "ecr:GetAuthorizationToken *")} == {"a", "b"}


def test_a_step_of_a_dockerfile_has_the_builds_credentials_only_if_they_are_handed_on() -> None:
    handed = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
    assert requests("docker build .", files={"Dockerfile": f"FROM scratch\nRUN {READ}\n"}) == []
    files = {"Dockerfile": f"FROM scratch\nARG {handed}\nRUN {READ}\n"}
    assert requests(f"docker build --build-arg {handed}=${handed} .", files=files) == [ASKED]


STATE = "arn:aws:s3:::state"
BACKEND = 'terraform {{ backend "s3" {{ bucket = "state"\nkey = "a/tf"\nregion = "eu-west-1"\n{} }} }}\n'
LISTED = f"s3:ListBucket {STATE}"


# Terraform, "Backend Type: s3": permissions of the bucket and of the lock, workspaces (workspace_key_prefix), assumed
# roles; backend/remote-state/s3/client.go: a digest of the state lies in the table, and is read with it.
@pytest.mark.parametrize(
    ("more", "commands", "asked"),
    [
        ("", ["terraform init"], [f"s3:GetObject {STATE}/a/tf", LISTED]),
        ("", ["terraform plan"], [f"s3:GetObject {STATE}/a/tf", LISTED]),
        ("", ["terraform apply"], [f"s3:GetObject {STATE}/a/tf", LISTED, f"s3:PutObject {STATE}/a/tf"]),
        ("use_lockfile = true", ["terraform plan"],
         [f"s3:DeleteObject {STATE}/a/tf.tflock", f"s3:GetObject {STATE}/a/tf", f"s3:GetObject {STATE}/a/tf.tflock",
          LISTED, f"s3:PutObject {STATE}/a/tf.tflock"]),
        ("use_lockfile = true", ["terraform plan -lock=false"], [f"s3:GetObject {STATE}/a/tf", LISTED]),
        ('dynamodb_table = "locks"', ["terraform plan"],
         [*(f"dynamodb:{one}Item arn:aws:dynamodb:eu-west-1:*:table/locks" for one in ("Delete", "Get", "Put")),
          f"s3:GetObject {STATE}/a/tf", LISTED]),
        ('dynamodb_table = "locks"', ["terraform output"],
         ["dynamodb:GetItem arn:aws:dynamodb:eu-west-1:*:table/locks", f"s3:GetObject {STATE}/a/tf", LISTED]),
        ("", ["terraform workspace select prod", "terraform output"],
         [f"s3:GetObject {STATE}/env:/prod/a/tf", LISTED]),
        ('workspace_key_prefix = "ws"', ["TF_WORKSPACE=dev terraform output"],
         [f"s3:GetObject {STATE}/ws/dev/a/tf", LISTED]),
        ("", ["terraform workspace select $ENV", "terraform output"], [f"s3:GetObject {STATE}/env:/*/a/tf", LISTED]),
        (f'role_arn = "{ROLE}"', ["terraform apply"], [ASSUMED]),
        (f'assume_role = {{ role_arn = "{ROLE}" }}', ["terraform apply"], [ASSUMED]),
        ('profile = "other"', ["terraform apply"], []),
    ],
)  # fmt: skip
def test_terraforms_state_in_a_bucket(more: str, commands: list[str], asked: list[str]) -> None:
    assert requests(*commands, files={"main.tf": BACKEND.format(more)}) == asked


def test_a_file_of_the_backends_configuration_is_read() -> None:
    files = {"main.tf": 'terraform { backend "s3" {} }\n', "prod.hcl": 'bucket = "state"\nkey    = "a/tf"\n'}
    assert requests("terraform init -backend-config=prod.hcl", files=files) == [f"s3:GetObject {STATE}/a/tf", LISTED]
    moved = {f"infra/{name}": text for name, text in files.items()}
    told = requests("terraform -chdir=infra init -backend-config=prod.hcl", "terraform -chdir=infra plan", files=moved)
    assert told == [f"s3:GetObject {STATE}/a/tf", LISTED]


# Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3" (resource types), for Amazon
# ECR, AWS KMS and Amazon EKS; Amazon S3 User Guide, "Required permissions for Amazon S3 API operations" (CopyObject,
# PutObject with an ACL); KMS Developer Guide, "Controlling access to aliases" (an alias is not the resource of the
# operations that use its key).
@pytest.mark.parametrize(
    ("command", "asked"),
    [
        ("s3api put-bucket-lifecycle-configuration --bucket b", [f"s3:PutLifecycleConfiguration {BUCKET}"]),
        ("s3api get-bucket-lifecycle-configuration --bucket b", [f"s3:GetLifecycleConfiguration {BUCKET}"]),
        ("s3api put-bucket-encryption --bucket b", [f"s3:PutEncryptionConfiguration {BUCKET}"]),
        ("s3api put-bucket-notification-configuration --bucket b", [f"s3:PutBucketNotification {BUCKET}"]),
        ("s3api list-object-versions --bucket b", [f"s3:ListBucketVersions {BUCKET}"]),
        ("s3api put-object --bucket b --key k --body f", [f"s3:PutObject {BUCKET}/k"]),
        ("s3api put-object --bucket b --key k --acl public-read",
         [f"s3:PutObject {BUCKET}/k", f"s3:PutObjectAcl {BUCKET}/k"]),
        ("s3api copy-object --bucket b --key k --copy-source c/d/e",
         ["s3:GetObject arn:aws:s3:::c/d/e", f"s3:PutObject {BUCKET}/k"]),
        ("s3 website s3://b --index-document i.html", [f"s3:PutBucketWebsite {BUCKET}"]),
        ("ecr describe-images --registry-id 999988887777 --repository-name base",
         ["ecr:DescribeImages arn:aws:ecr:*:999988887777:repository/base"]),
        ("kms encrypt --key-id alias/x --plaintext fileb://f", ["kms:Encrypt arn:aws:kms:*:*:key/*"]),
        ("kms describe-key --key-id arn:aws:kms:eu-west-1:111122223333:alias/x",
         ["kms:DescribeKey arn:aws:kms:eu-west-1:111122223333:key/*"]),
        ("kms create-alias --alias-name alias/x --target-key-id 1", ["kms:CreateAlias *"]),
        ("eks update-kubeconfig --name c", ["eks:DescribeCluster arn:aws:eks:*:*:cluster/c"]),
        ("eks describe-cluster --name c", ["eks:DescribeCluster arn:aws:eks:*:*:cluster/c"]),
        ("eks wait cluster-active --name c", ["eks:DescribeCluster arn:aws:eks:*:*:cluster/c"]),
        ("sqs send-message --queue-url https://sqs.us-east-1.amazonaws.com/111122223333/q --message-body b",
         ["sqs:SendMessage arn:aws:sqs:us-east-1:111122223333:q"]),
    ],
)  # fmt: skip
def test_operations_ask_for_the_resources_of_their_kind(command: str, asked: list[str]) -> None:
    assert requests(f"aws {command}") == asked


@pytest.mark.parametrize(("letters", "name"), [("46-", "web/app"), ("46-48", "web"), ("-3", "539"), ("5", "8")])
def test_letters_that_are_cut_out(letters: str, name: str) -> None:
    uri = "539389951722.dkr.ecr.us-east-1.amazonaws.com/web/app"
    told = requests(f"aws ecr describe-repositories --repository-names $(echo {uri} | cut -c{letters})")
    assert told == [f"ecr:DescribeRepositories arn:aws:ecr:*:*:repository/{name}"]
