"""`sergio jobs`: jobs that were given up, of all companies and of the platform itself."""

import click

from sergio.commands import checked_config


@click.group()
def jobs():
    """Failed jobs."""


@jobs.command("list")
def list_():
    """List failed jobs, newest first, and servers that cannot be reached."""
    from sergio.extensions import db
    from sergio.jobs.models import Job, Outage

    with app_context():
        for outage in db.session.scalars(Outage.on()):
            click.echo(f"{outage.server} has been unreachable since {outage.since:%Y-%m-%d %H:%M} UTC: {outage.reason}")
        given_up = db.session.scalars(Job.dead().order_by(Job.failed_at.desc(), Job.id.desc())).all()
        for job in given_up:
            click.echo(in_one_line(job))
        if not given_up:
            click.echo("No failed jobs.")


@jobs.command()
@click.argument("number", type=int)
def retry(number: int):
    """Retry a failed job from the beginning."""
    from sergio.audit.actor import BY_OPERATOR
    from sergio.lib import clock

    with app_context():
        given_up(number).retry(by=BY_OPERATOR, now=clock.now())
        commit()


@jobs.command()
@click.argument("number", type=int)
def discard(number: int):
    """Remove a failed job from the list without running it."""
    from sergio.audit.actor import BY_OPERATOR
    from sergio.lib import clock

    with app_context():
        given_up(number).discard(by=BY_OPERATOR, now=clock.now())
        commit()


def app_context():
    from sergio import create_app

    return create_app(checked_config()).app_context()


def commit():
    from sergio.extensions import db

    db.session.commit()


def given_up(number: int):
    """The failed job with that id, locked; ends the program with one line if there is none."""
    from sergio.extensions import db
    from sergio.jobs.models import Job

    job = db.session.scalar(Job.dead().where(Job.id == number).with_for_update())
    if job is None:
        raise click.ClickException(f"There is no failed job {number}.")
    return job


def in_one_line(job) -> str:
    """Id, time, company, job, and error."""
    from sergio.jobs.registry import label_of

    company = job.company.subdomain if job.company else "-"
    call = " ".join([job.name, *(f"{name}={value}" for name, value in job.args.items())])
    return f"{job.id}  {job.failed_at:%Y-%m-%d %H:%M}  {company}  {label_of(job.name)} ({call})  {job.error}"
