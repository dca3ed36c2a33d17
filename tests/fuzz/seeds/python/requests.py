import os, requests, subprocess
for one in range(3):
    requests.get(f'https://b.example.com/{one}', timeout=3)
subprocess.run(['git', 'clone', os.environ['X'] + '/y.git'])
