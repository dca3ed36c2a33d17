for %%i in (a b) do curl https://%%i.example.com/
for /f "tokens=1" %%u in ('type urls') do curl %%u
