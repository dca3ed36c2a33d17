terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
  backend "s3" {
    bucket = "state"
    key = "k"
    region = "eu-west-1"
  }
}
module "a" {
  source = "app.terraform.io/team/vpc/aws"
}
module "b" {
  source = "s3::https://modules.s3.amazonaws.com/vpc.zip"
}
