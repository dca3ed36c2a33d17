curl https://b.example.com
