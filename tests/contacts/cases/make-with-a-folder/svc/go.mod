module x
go 1.21
require a.example/b v1.0.0
