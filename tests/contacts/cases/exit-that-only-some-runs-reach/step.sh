[ "$EVENT" = PUSH ] || exit 0
curl https://in-the-script.example.com
