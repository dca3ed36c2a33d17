@'
text
'@ | Out-File y
