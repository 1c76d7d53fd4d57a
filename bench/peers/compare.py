"""A page of Sergio and one of a peer in turn, each with the hello beside it."""

from statistics import median
from typing import NamedTuple

from bench.load import Target, press
from bench.measure import Bench, settle
from bench.pages import PAGES
from bench.peers.environments import PeerServer
from bench.processes import cpu_seconds
from bench.progress import Progress
from tests.faults.program import HOST

ROUNDS, SECONDS = 3, 2


class Answer(NamedTuple):
    """CPU of a request in milliseconds, and its median share of the hello."""

    name: str
    cpu: float
    share: float


class Question(NamedTuple):
    """One page on both sides: ours by its name in `PAGES`, theirs by path and headers; `proof` is text of theirs."""

    ours: str
    label: str
    path: str
    headers: dict[str, str]
    proof: str
    their_label: str


def answers(question: Question, bench: Bench, peer: PeerServer, progress: Progress) -> list[Answer]:
    page = next(page for page in PAGES if page.name == question.ours)
    bench.require(page)
    if question.proof not in (found := peer.get(question.path, question.headers)).text:
        raise RuntimeError(f"{question.their_label} answers {found.status}, so it cannot be measured")
    ours, theirs = [], []
    for turn in range(ROUNDS):
        progress.say(f"{question.label} and {question.their_label}, round {turn + 1}")
        ours.append((bench.sample(page, 1, SECONDS, 0).cpu, bench.load_hello(1)))
        theirs.append((cost(peer, question), bench.load_hello(1)))
    return [answer(question.label, ours), answer(question.their_label, theirs)]


def cost(peer: PeerServer, question: Question) -> float:
    """CPU milliseconds of a request to the peer."""
    target = Target(f"http://{HOST}:{peer.port}{question.path}", question.headers)
    before = cpu_seconds(peer.pid)
    load = press(target, connections=1, seconds=SECONDS)
    settle(peer.pid)
    return (cpu_seconds(peer.pid) - before) / (load.requests + 1) * 1000


def answer(name: str, samples: list[tuple[float, float]]) -> Answer:
    return Answer(name, median(cpu for cpu, _ in samples), median(hello / cpu for cpu, hello in samples))
