up:
	curl https://inc.example.com
