sh a.sh
