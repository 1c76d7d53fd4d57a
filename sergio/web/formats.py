"""Templates: options, compiled code, and filters for days, times and phone numbers in the company's formats."""

import hashlib
import re
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import flask.templating
import jinja2
from flask import Flask, render_template
from jinja2 import FileSystemBytecodeCache, StrictUndefined, pass_context, pass_eval_context, select_autoescape
from jinja2.compiler import CodeGenerator
from jinja2.nodes import Call, Getattr, Name, Node
from markupsafe import Markup, escape

from sergio.lib import language
from sergio.lib.phone import national
from sergio.web.assets import asset


def init_app(app: Flask):
    """Add `asset` and the filters `day`, `short_day`, `time`, `moment` and `phone` to templates."""
    app.jinja_options = {
        "undefined": StrictUndefined,
        "autoescape": select_autoescape(("html", "mjml")),
        "bytecode_cache": CompiledTemplates(Path(app.root_path) / "templates" / "__pycache__"),
    }
    app.jinja_env.filters.update(
        day=day, short_day=short_day, time=time, moment=moment, phone=phone, kept=language.kept
    )
    in_templates: dict[str, Any] = app.jinja_env.globals
    in_templates.update(
        asset=asset,
        icon=icon,
        once=once,
        _=pass_eval_context(Environment.translated),
        ngettext=counted,
        pgettext=language.pgettext,
        languages=language.LANGUAGES,
    )


class LeanCode(CodeGenerator):
    """Templates write values by `Environment.escaped`, instead of Jinja's own `escape`, and call sentences (`_`), the
    macros of `ui` and `PLAIN` functions at once: Jinja would look at each call what that function wants to be given.
    A block is written as one text: each piece of it would pass through all layouts.
    """

    def visit_Call(self, node, frame, forward_caller=False):  # noqa: FBT002, N802 - as Jinja's
        if is_sentence(node):
            self.write("environment.translated(context.eval_ctx")
            self.signature(node, frame)
            self.write(")")
        elif is_shared_macro(node):
            self.visit(node.node, frame)
            self.write("(context.eval_ctx")
            self.signature(node, frame, {"caller": "caller"} if forward_caller else None)
            self.write(")")
        elif is_plain(node):
            self.visit(node.node, frame)
            self.write("(")
            for argument in node.args:
                self.visit(argument, frame)
                self.write(", ")
            self.write(")")
        else:
            super().visit_Call(node, frame, forward_caller=forward_caller)

    def visit_Block(self, node, frame):  # noqa: N802
        if frame.toplevel and self.has_known_extends:
            return
        whole = frame.copy()
        self.buffer(whole)
        super().visit_Block(node, whole)
        self.simple_write(f"concat({whole.buffer})", frame)

    def _output_child_pre(self, node, frame, finalize):
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
        elif is_sentence(node) or is_shared_macro(node):  # HTML already
            self.write(f"({finalize.src or ''}")
        else:
            self.write(f"environment.escaped({finalize.src or ''}")


def is_sentence(node: Node) -> bool:
    return isinstance(node, Call) and isinstance(node.node, Name) and node.node.name == "_"


def is_shared_macro(node: Node) -> bool:
    """Whether a template calls a macro of `ui`."""
    macro = node.node if isinstance(node, Call) else None
    return isinstance(macro, Getattr) and isinstance(macro.node, Name) and macro.node.name == "ui"


def is_plain(node: Call) -> bool:
    """Whether a template calls one of the `PLAIN` functions, with positional arguments only."""
    others = node.kwargs or node.dyn_args or node.dyn_kwargs
    return isinstance(node.node, Name) and node.node.name in PLAIN and not others


PLAIN = ("asset", "csrf_token", "icon", "may_open")
"""Functions that want neither the template's context nor its environment."""


class Environment(flask.templating.Environment):
    """Flask's, with a quicker way to escape: a full week of the schedule has a thousand values."""

    code_generator_class = LeanCode

    @staticmethod
    def translated(template, message: str, **values) -> str:
        """A sentence in the reader's language; values are escaped, the sentence is ours."""
        text = sentence(message, language.spoken.get(), template.autoescape)
        return text % values if values else text

    @staticmethod
    def escaped(value: Any) -> str:
        """The value as HTML. `Markup`, and text without a special character, are left as they are, and numbers have
        none: markupsafe would make new `Markup` of them, which takes longer than to look.
        """
        kind = type(value)
        if kind is int:
            return str(value)
        return value if kind is Markup or (kind is str and not SPECIAL(value)) else escape(value)


SPECIAL = re.compile("[&<>'\"]").search


class CompiledTemplates(FileSystemBytecodeCache):
    """Compiled templates, kept beside their sources as Python keeps modules, since whoever can write there can change
    the program anyway. A program that cannot, compiles them again at each start.
    """

    def __init__(self, folder: Path):
        options = hashlib.sha256(Path(__file__).read_bytes() + jinja2.__version__.encode())  # they change the code
        super().__init__(str(folder), f"%s.{options.hexdigest()[:12]}")

    def dump_bytecode(self, bucket):
        with suppress(OSError):
            Path(self.directory).mkdir(exist_ok=True)
            super().dump_bytecode(bucket)


def offer_macros(app: Flask):
    """Add `ui` to templates; after all other globals, because its macros only see those added before."""
    template_globals: dict[str, Any] = app.jinja_env.globals
    template_globals["ui"] = app.jinja_env.get_template("ui.html").module


@cache
def icon(name: str) -> Markup:
    """An icon of `icons.svg`, for the eye only."""
    use = Markup('<use href="{}#{}"></use>').format(asset("icons.svg"), name)
    return Markup('<svg class="icon" aria-hidden="true" focusable="false">{}</svg>').format(use)


def once(template: str, **facts) -> Markup:
    """A part of a page that depends on these facts and the language only: it is rendered once for each of them."""
    return rendered(template, language.spoken.get(), tuple(facts.items()))


@lru_cache(1000)
def rendered(template: str, language: str, facts: tuple) -> Markup:
    return Markup(render_template(template, **dict(facts)))  # noqa: S704 - its output is escaped already


@pass_eval_context
def counted(template, one: str, many: str, num: int, **values) -> str:
    return filled(template, language.catalog(language.spoken.get()).ngettext(one, many, num), {"num": num, **values})


@lru_cache(10_000)
def sentence(message: str, spoken: str, in_html: bool) -> str:  # noqa: FBT001
    text = language.catalog(spoken).gettext(message)
    return Markup(text) if in_html else text  # noqa: S704 - our own text


def filled(template, text: str, values: dict) -> str:
    text = Markup(text) if template.autoescape else text  # noqa: S704 - our own text
    return text % values if values else text


@pass_context
def day(context, on):
    return context["company"].format_day(on)


@pass_context
def short_day(context, on):
    return context["company"].short_day(on)


@pass_context
def time(context, at):
    return context["company"].format_time(at)


@pass_context
def moment(context, at):
    return context["company"].format_moment(at)


@pass_context
def phone(context, number):
    """A number kept as E.164, as people in the company's country write it."""
    return national(number, context["company"].country)
