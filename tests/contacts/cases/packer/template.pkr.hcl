packer {
 required_plugins {
 amazon = { source = "github.com/hashicorp/amazon" }
 }
}
source "amazon-ebs" "x" {
  region = "us-east-1"
}
