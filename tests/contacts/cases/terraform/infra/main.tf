terraform {
  backend "s3" {
    bucket = "state"
    key = "x"
    region = "eu-west-1"
    dynamodb_table = "locks"
  }
}
module "m" {
  source = "git::https://github.com/org/m.git?ref=v1"
}
provider "aws" {}
