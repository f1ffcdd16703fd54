"""What each source file imports, as a graph: {file: {imported file: what was written}}.

An import is a path in code: a `use`, or a path written in place. Not imports are

- the declaration of a module, and `pub use` of the declaring module's own
  descendants: importing through such a re-export is importing the file that
  defines the name;
- a module named alone (`use crate::engine`): what follows it where it is used
  (`engine::Packet`) is the import;
- `#[cfg(test)]` items, comments and strings.

A method call names no path, so it is not seen.
"""

import os
import re


class Fault(Exception):
    """A source that cannot be followed; passing over it would be a hole in the check."""


# ----------------------------------------------------------------------- Rust

NOT_CODE = re.compile(
    r"""
      //[^\n]*
    | (?P<block>/\*)
    | \b(?:r|br|cr)(?P<hashes>\#*)"
    | (?P<string>")
    | b?'(?:\\(?:u\{[^}]*\}|x..|.)|[^\\'\n])'   # a character; a lifetime has no second quote
    """,
    re.VERBOSE | re.DOTALL,
)
COMMENT_MARK = re.compile(r"/\*|\*/")
STRING_REST = re.compile(r'(?:[^"\\]|\\.)*"', re.DOTALL)
TEST_ONLY = re.compile(r"#\[cfg\((?:all\()?\s*test\b[^]]*\](?:\s*#\[[^]]*\])*")
BRACKET = re.compile(r"[][(){};]")
INNER_BLOCK = re.compile(r"\{[^{}]*\}")
PATH_ATTRIBUTE = re.compile(r"#\[(?:cfg_attr\([^]]*)?\bpath\s*=")
MOD = re.compile(r"\bmod\s+(\w+)\s*([;{])")
USE = re.compile(r"(\bpub\b(?:\s*\([^)]*\))?\s+)?\buse\b([^;]*);")
VISIBILITY = re.compile(r"\bpub\s*\([^)]*\)")
DEFINITION = re.compile(r"\b(?:struct|enum|trait|union|fn|type|const|static|macro_rules!)\s+(?:mut\s+)?(\w+)")
CHAIN = re.compile(r"(?<![\w:.])\w+(?:\s*::\s*\w+)+")


def rust_code(root, file):
    """A file's code: comments, strings and test-only items replaced by what names no path."""
    with open(os.path.join(root, file), encoding="utf-8") as f:
        text = f.read()
    out, at = [], 0
    while m := NOT_CODE.search(text, at):
        out.append(text[at : m.start()])
        at = m.end()
        if m["block"]:
            depth = 1
            while depth:
                mark = COMMENT_MARK.search(text, at)
                if not mark:
                    raise Fault(f"{file}: a comment without an end")
                depth += 1 if mark[0] == "/*" else -1
                at = mark.end()
        elif m["string"]:
            rest = STRING_REST.match(text, at)
            if not rest:
                raise Fault(f"{file}: a string without an end")
            at = rest.end()
        elif m["hashes"] is not None:
            end = '"' + m["hashes"]
            if (found := text.find(end, at)) < 0:
                raise Fault(f"{file}: a raw string without an end")
            at = found + len(end)
        out.append(" ")
    code = ("".join(out) + text[at:]).replace("r#", "")
    while m := TEST_ONLY.search(code):
        code = code[: m.start()] + code[item_end(code, m.end()) :]
    return code


def item_end(code, at):
    """Where the item at `at` ends: after its block, after its semicolon, or with the block around it."""
    depth = 0
    for m in BRACKET.finditer(code, at):
        if m[0] in "([{":
            depth += 1
        elif m[0] in ")]}":
            depth -= 1
            if depth < 0:
                return m.start()
            if m[0] == "}" and depth == 0 and not code[m.end() :].lstrip().startswith(";"):
                return m.end()
        elif depth == 0:
            return m.end()
    return len(code)


def use_paths(tree):
    """The (path, name) pairs of a use tree; the name is "*" for a glob and None for `as _`."""
    tree = tree.strip()
    if brace := re.fullmatch(r"([^{}]*)\{(.*)\}", tree, re.DOTALL):
        depth, start, inside = 0, 0, brace[2] + ","
        for i, c in enumerate(inside):
            depth += (c == "{") - (c == "}")
            if c == "," and depth == 0:
                if part := inside[start:i].strip():
                    yield from use_paths(brace[1] + part)
                start = i + 1
        return
    path, alias = re.fullmatch(r"(.*?)(?:\s+as\s+(\w+))?", tree, re.DOTALL).groups()
    path = [s.strip() for s in path.removeprefix("::").split("::")]
    if path[-1] == "*":
        yield tuple(path[:-1]), "*"
        return
    if path[-1] == "self" and len(path) > 1:
        path.pop()
    yield tuple(path), None if alias == "_" else alias or path[-1]


class Module:
    """One module, in a file of its own or in place, and the modules below it."""

    def __init__(self, root, path, file, code, folder):
        self.path, self.file, self.children = path, file, {}
        while m := MOD.search(code):
            name, below, end = m[1], os.path.join(folder, m[1]), m.end()
            if PATH_ATTRIBUTE.search(code, max(code.rfind(c, 0, m.start()) for c in ";}") + 1, m.start()):
                raise Fault(f"{file}: #[path] on `mod {name}`: a module lies where its name says")
            if m[2] == "{":
                end = item_end(code, m.start())
                child = Module(root, (*path, name), file, code[m.end() : end - 1], below)
            else:
                places = [p for p in (below + ".rs", os.path.join(below, "mod.rs")) if os.path.isfile(os.path.join(root, p))]
                if len(places) != 1:
                    raise Fault(f"{file}: `mod {name}` has {len(places)} files")
                child = Module(root, (*path, name), places[0], rust_code(root, places[0]), below)
            self.children[name] = child
            code = code[: m.start()] + code[end:]
        self.uses = [(target, name, bool(m[1])) for m in USE.finditer(code) for target, name in use_paths(m[2])]
        self.names = {name: target for target, name, _ in self.uses if name not in (None, "*")}
        self.globs = [target for target, name, _ in self.uses if name == "*"]
        code = VISIBILITY.sub(" ", USE.sub(" ", code))
        self.paths = [tuple(re.findall(r"\w+", m[0])) for m in CHAIN.finditer(code)]
        # What stands inside blocks is not the module's own: associated items, a function's helpers.
        flat, deeper = code, 1
        while deeper:
            flat, deeper = INNER_BLOCK.subn(" ", flat)
        self.defined = set(DEFINITION.findall(flat))

    def walk(self):
        yield self
        for child in self.children.values():
            yield from child.walk()


class Crate:
    def __init__(self, root, folder):
        lib = os.path.join(folder, "src", "lib.rs")
        self.top = Module(root, (), lib, rust_code(root, lib), os.path.dirname(lib))
        self.modules = {m.path: m for m in self.top.walk()}

    def resolve(self, module, path, seen=frozenset()):
        """The module that defines what `path` means in `module`, and whether it means that module itself.

        None if the path leads to another crate.
        """
        here, rest = module, list(path)
        if rest[0] in ("crate", "self"):
            here = self.top if rest.pop(0) == "crate" else module
        elif rest[0] not in ("super", *here.children, *here.names):
            return None
        while rest and rest[0] == "super":
            here = self.modules[here.path[:-1]]
            rest.pop(0)
        while rest and rest[0] in here.children:
            here = here.children[rest.pop(0)]
        if not rest:
            return here, True
        # A name that leads back to itself (`use bytestring::bytestring`) means the other crate.
        if (key := (here.path, rest[0])) in seen:
            return None
        if rest[0] in here.names:
            return self.resolve(here, (*here.names[rest[0]], *rest[1:]), seen | {key})
        if rest[0] not in here.defined:
            for glob in here.globs:
                found = self.resolve(here, (*glob, *rest), seen | {key})
                if found and (found[1] or rest[0] in found[0].defined):
                    return found
        return here, False

    def imports(self):
        """(importing file, imported file, what was written)"""
        for module in self.modules.values():
            for path, name, public in [*module.uses, *((path, None, False) for path in module.paths)]:
                if not (found := self.resolve(module, path)):
                    continue
                target, is_module = found
                own_descendant = target.path[: len(module.path)] == module.path
                if target.file == module.file or (public and own_descendant) or (is_module and name != "*"):
                    continue
                yield module.file, target.file, "::".join(path)


def rust(root, folder):
    crate = Crate(root, folder)
    graph = {m.file: {} for m in crate.modules.values()}
    for importer, imported, written in crate.imports():
        graph[importer].setdefault(imported, written)
    return graph


# ----------------------------------------------------------------- TypeScript

TS_COMMENT = re.compile(r"^[ \t]*(?://[^\n]*|/\*.*?\*/)", re.MULTILINE | re.DOTALL)
TS_IMPORT = re.compile(
    r"""^[ \t]*(?:import|export)\b(?:[^;'"]*?\bfrom)?\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]""",
    re.MULTILINE,
)


def typescript(root, folder):
    graph = {}
    for at, _, names in os.walk(os.path.join(root, folder, "src")):
        for name in names:
            if name.endswith(".ts") and not name.endswith((".test.ts", ".d.ts")):
                graph[os.path.relpath(os.path.join(at, name), root)] = {}
    for file, imported in graph.items():
        with open(os.path.join(root, file), encoding="utf-8") as f:
            text = TS_COMMENT.sub("", f.read())
        for m in TS_IMPORT.finditer(text):
            if not (path := m[1] or m[2]).startswith("."):
                continue
            base = os.path.normpath(os.path.join(os.path.dirname(file), re.sub(r"\.[jt]s$", "", path)))
            target = next((f for f in (base + ".ts", os.path.join(base, "index.ts")) if f in graph), None)
            if not target:
                raise Fault(f"{file}: no file for '{path}'")
            imported.setdefault(target, path)
    return graph
