export HOST_FROM_ENV=c.example.com
