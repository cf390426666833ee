"""The shape of the code, kept by reading it: imports, purity, access, sizes, names, templates, plug-ins."""

import ast
import re
from functools import cache

import pytest

from incidents import sources
from tests.installation import ROOT

PACKAGES = ("config", "incidents", "postmortems")
BELOW = {"config": 2, "postmortems": 1, "incidents": 0}
PROTECTED = {"Incident", "TimelineEvent", "Curation", "Delivery", "Milestone", "Postmortem", "Section", "Answer", "Revision", "ActionItem", "SearchEntry"}
PROTECTED |= {"FieldValue", "Fusion", "SourceClock", "QualityReport", "Acceptance", "Review", "Reviewer", "Decision", "Transition", "Factor"}
PROTECTED |= {"Meeting", "ParkedIdea", "Perspective", "WrittenAccount", "PrivateNote", "Step", "StepEvent", "Comment", "Mention", "Picture"}
PROTECTED |= {"Conversation", "Reading", "SharedDraft", "WelfareCheck", "Survey", "LookBack", "SecondCoding"}
NARROWED = {"visible_to", "committed", "none", "readable_by"}
WITHIN = {"incident", "postmortem", "event", "milestone", "section"}
READ_WHOLE = {  # what reads protected rows unnarrowed, and why that shows nothing hidden
    "postmortems/api/filters.py ActionItem.objects": "narrows items that are visible already",
}
BANNED = {"utils", "helpers", "services", "common", "misc"}
LONGEST = 400
LONGER = {}  # path -> the reason why it may be longer
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts and "__pycache__" not in path.parts)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def name(path):
    return str(path.relative_to(ROOT))


@cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path):
    """Return (module, line) of everything that a module imports, wherever in it."""
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 or path.name == "__init__.py", f"{name(path)}:{node.lineno} imports relatively"
            module = node.module or ""
            found += [(module, node.lineno), *((f"{module}.{alias.name}", node.lineno) for alias in node.names)]
    return found


def docstring(path):
    return ast.get_docstring(tree(path)) or ""


def test_imports_run_one_way():
    wrong = [
        f"{name(path)}:{line} imports {module}"
        for path in MODULES
        for module, line in imports(path)
        if BELOW.get(module.split(".")[0], -1) > BELOW[path.relative_to(ROOT).parts[0]]
    ]
    assert not wrong


def test_lib_knows_no_app():
    wrong = [
        f"{name(path)}:{line} imports {module}"
        for path in MODULES
        if path.is_relative_to(ROOT / "incidents" / "lib")
        for module, line in imports(path)
        if module.split(".")[0] in PACKAGES and not module.startswith("incidents.lib")
        if module != "incidents"
    ]
    assert not wrong


def test_pure_modules_touch_no_database():
    pure = [path for path in MODULES if docstring(path).startswith("Pure.")]
    assert pure
    wrong = [
        f"{name(path)}:{line} imports {module}"
        for path in pure
        for module, line in top_level_imports(path)
        if module.startswith("django.db") or re.match(r"(incidents|postmortems)\.models", module)
    ]
    assert not wrong


def top_level_imports(path):
    """Leave out what is imported for the type checker only."""
    checked = {
        inner.lineno
        for node in ast.walk(tree(path))
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    }
    return [(module, line) for module, line in imports(path) if line not in checked]


def test_every_module_says_what_it_is():
    assert not [name(path) for path in MODULES if path.read_text().strip() and not docstring(path)]


def test_modules_are_short():
    sizes = {name(path): len(path.read_text().splitlines()) for path in MODULES}
    assert not {path: size for path, size in sizes.items() if size > LONGEST and path not in LONGER}
    assert not [path for path in LONGER if sizes.get(path, 0) <= LONGEST], "an exemption that nobody needs"


def test_names_say_something():
    assert not [name(path) for path in [*MODULES, *TEMPLATES] if BANNED & {*path.relative_to(ROOT).with_suffix("").parts}]


def test_views_and_api_fetch_only_what_the_actor_may_see():
    """`Model.objects` on protected rows, in code that answers requests, goes on with `visible_to`, or stays within one object that access.py gave."""
    wrong = []
    for path in MODULES:
        if not {"views", "api", "forms"} & {*path.parts}:
            continue
        allowed = {id(manager) for node in ast.walk(tree(path)) for manager in narrowed(node)}
        wrong += [f"{name(path)} {ast.unparse(node)}" for node in ast.walk(tree(path)) if is_manager(node) and id(node) not in allowed]
    assert set(wrong) == set(READ_WHOLE)  # an exemption that nobody needs is wrong too


def is_manager(node):
    return (
        isinstance(node, ast.Attribute)
        and node.attr in {"objects", "_base_manager", "_default_manager"}
        and isinstance(node.value, ast.Name)
        and node.value.id in PROTECTED
    )


def narrowed(node):
    """Return the managers that `node` narrows: by who asks, to nothing, or to the rows of one object that was fetched by who asks."""
    if isinstance(node, ast.Attribute) and node.attr in NARROWED:
        return [inner for inner in ast.walk(node.value) if is_manager(inner)]
    is_filter = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"filter", "create"}
    if is_filter and WITHIN & {word.arg for word in node.keywords}:
        return [inner for inner in ast.walk(node.func.value) if is_manager(inner)]
    return []


def test_no_raw_sql_outside_the_search_engines_and_health():
    allowed = {
        "postmortems/search/sqlite.py",
        "postmortems/search/postgres.py",
        "config/health.py",
        "incidents/intake_rows.py",  # one insert, the same in both engines: half of an import was spent on model instances
    }
    raw = [
        name(path)
        for path in MODULES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in {"cursor", "raw", "extra"} and isinstance(node.value, ast.Name | ast.Attribute)
        if node.attr == "cursor" and "connection" in ast.unparse(node.value) or node.attr in {"raw", "extra"} and "objects" in ast.unparse(node.value)
    ]
    assert set(raw) <= allowed


def test_nothing_of_ours_calls_out():
    """No module opens a connection to elsewhere: what cannot ask cannot be made to ask. Sockets are for our own processes on this machine."""
    clients = {"requests", "httpx", "aiohttp", "urllib3", "http.client", "urllib.request", "smtplib", "ftplib", "websockets", "socket"}
    callers = {name(path) for path in MODULES for module, _line in imports(path) if module in clients or module.rpartition(".")[0] in clients}
    assert callers == {"config/processes.py", "postmortems/rendering/fork_server.py", "postmortems/rendering/pdf.py"}


def test_no_model_signals():
    """Facts are told by the function that changed something, never by a save."""
    assert not [f"{name(path)}:{line}" for path in MODULES for module, line in imports(path) if module.startswith("django.db.models.signals")]


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_templates_refer_to_what_is_there(path):
    text = path.read_text()
    for target in re.findall(r"{%\s*(?:include|extends)\s+[\"']([^\"']+)[\"']", text):
        assert (ROOT / "templates" / target).exists() or target.startswith(("admin/", "allauth/")), f"{target} is not there"
    for line in text.splitlines():
        if re.search(r"{%\s*include\s+[\"']components/", line):
            assert re.search(r"\bonly\s*%}", line), f"a component is included without `only`: {line.strip()}"


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_templates_obey_the_content_policy(path):
    """Inline styles and handlers would be refused by the browser; print.html and its parts are for the PDF only."""
    text = re.sub(r"{#.*?#}|{%\s*comment.*?endcomment\s*%}", "", path.read_text(), flags=re.DOTALL)
    assert not re.search(r"\sstyle\s*=\s*[\"']", text)
    assert not re.search(r"<[^>]*\son[a-z]+\s*=\s*[\"']", text)
    for tag in re.findall(r"<script\b[^>]*>", text):
        assert " src=" in tag or "nonce=" in tag or 'type="application/json"' in tag, tag


def test_forms_keep_their_token_where_the_context_is_left_behind():
    """`include … only` leaves csrf_token behind: a form in there, however deep, would be refused."""
    texts = {path.relative_to(ROOT / "templates").as_posix(): path.read_text() for path in TEMPLATES}

    def inside(name: str) -> set[str]:
        below = set(re.findall(r"{%\s*include\s+[\"']([^\"']+)[\"']", texts.get(name, "")))
        return {name}.union(*(inside(one) for one in below - {name}))

    wrong = []
    for name, text in texts.items():
        for included, passed in re.findall(r"{%\s*include\s+[\"']([^\"']+)[\"']([^%]*?)\bonly\s*%}", text):
            if "csrf_token=" not in passed and any("{% csrf_token %}" in texts[one] for one in inside(included) if one in texts):
                wrong.append(f"{name} includes {included}")
    assert wrong == []


def test_incident_pages_never_name_postmortems():
    """Where a page of an incident shows a post-mortem, a hook has given the panel."""
    folder = ROOT / "templates" / "incidents"
    wrong = [name(path) for path in folder.rglob("*.html") if re.search(r"[\"']postmortems[:/]", path.read_text())]
    assert not wrong


def test_every_source_has_recorded_payloads():
    folder = ROOT / "tests" / "incidents" / "sources" / "payloads"
    for source in sources.registered():
        assert [file for file in (folder / source).rglob("*") if file.is_file()], f"{source} has no payloads in {name(folder)}"


def test_every_kind_of_job_is_run_twice():
    """A worker may die after the effect and before saying so: each kind has a story in test_jobs_twice.py."""
    from incidents import jobs
    from tests.incidents.test_jobs_twice import STORIES

    assert set(STORIES) == set(jobs.HANDLERS)


def test_every_handler_is_registered_at_start():
    from incidents import jobs

    kinds = {
        decorator.args[0].value
        for path in MODULES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith("handles") and isinstance(decorator.args[0], ast.Constant)
    }
    assert kinds <= set(jobs.HANDLERS)


def test_locks_agree_and_name_no_index():
    pins = {file: set(re.findall(r"^([\w.-]+==\S+)", (ROOT / "requirements" / file).read_text(), re.MULTILINE)) for file in ("base.txt", "test.txt")}
    assert pins["base.txt"] and pins["base.txt"] <= pins["test.txt"]
    for file in pins:
        assert not re.search(r"https?://|--(extra-)?index-url", (ROOT / "requirements" / file).read_text())


def test_a_script_of_every_page_shares_no_name_with_another():
    """Scripts of one page have one scope: a second function of a name silently takes the place of the first, a second constant stops its script."""
    pages = ["templates/base.html", "templates/admin/base_site.html", "templates/allauth/layouts/entrance.html"]
    everywhere = {name for page in pages for name in re.findall(r"static 'js/(\w+\.js)'", (ROOT / page).read_text())}
    homes: dict[str, set[str]] = {}
    for script in (ROOT / "config/static/js").glob("*.js"):
        for name in re.findall(r"^(?:const|let|class|(?:async )?function) (\w+)", script.read_text(), re.MULTILINE):
            homes.setdefault(name, set()).add(script.name)
    assert {"app.js", "forms.js"} <= everywhere
    assert not {name: scripts for name, scripts in homes.items() if len(scripts) > 1 and scripts & everywhere}


def test_a_block_is_styled_in_one_sheet():
    """Two components with one name look right alone and wrong together."""
    homes: dict[str, set[str]] = {}
    for sheet in sorted((ROOT / "config/static/css/components").glob("*.css")):
        for name in re.findall(r"^  (\.[a-z][a-z0-9_-]*) \{", sheet.read_text(), re.MULTILINE):
            homes.setdefault(name, set()).add(sheet.name)
    assert not {name: sheets for name, sheets in homes.items() if len(sheets) > 1}
