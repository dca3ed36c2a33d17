function "tag" {
  params = [n]
  result = ["${REPO}:${n}"]
}
variable "REPO" {
  default = "a/b"
}
target "x" {
  inherits = ["y"]
  args = { A = equal("1", V) ? "b" : null }
  tags = tag("1")
  matrix = { item = [1, 2] }
  name = "x-${item}"
  contexts = { base = "target:y" }
}
target "y" {
  dockerfile-inline = <<EOT
FROM alpine
EOT
}
