"""`python -m sergio`, or `sergio` where it is installed: the commands."""

from sergio.commands import main
from sergio.commands.company import company
from sergio.commands.db import db
from sergio.commands.demo import demo
from sergio.commands.doctor import doctor
from sergio.commands.jobs import jobs
from sergio.commands.key import key
from sergio.commands.seed import seed
from sergio.commands.serve import serve
from sergio.commands.token import token
from sergio.commands.work import work

for command in (demo, serve, work, db, company, doctor, jobs, key, seed, token):
    main.add_command(command)

if __name__ == "__main__":
    main()
