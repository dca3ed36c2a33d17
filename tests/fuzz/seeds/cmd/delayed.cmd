setlocal EnableDelayedExpansion
:again
pip install ^
  x !Y:a=b! %X:~1,3%
goto again
