module x
require (
	git.example.com/team/lib v1.0.0
	github.com/google/uuid v1.6.0
)
