variable "TAG" {
  default = "1"
}
group "default" {
  targets = ["app"]
}
target "app" {
  context = "."
  dockerfile = "app.Dockerfile"
  args = {
    BASE = "python:3.12"
  }
  tags = ["ghcr.io/org/app:${TAG}"]
  cache-from = ["type=registry,ref=ghcr.io/org/app:cache"]
}
target "unused" {
  dockerfile = "never.Dockerfile"
}
