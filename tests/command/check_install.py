"""What is installed is whole, and a program can be built with it. Prints TAP.

usage: check_install.py BUILD_ROOT MESON PRACTICE SANITIZERS HEADER VERSION
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import user

HERE = pathlib.Path(__file__).parent
STRICT = ["-Wall", "-Wextra", "-Werror", "-Wpedantic"]


class Installed:
    def __init__(self, meson, build, folder):
        self.root = folder / "root"
        result = user.run(meson, "install", "-C", build, "--no-rebuild", "--quiet", "--destdir", str(self.root))
        user.equal(0, result.status, "exit status of meson install: " + result.out + result.err)
        self.folder = folder

    def files(self):
        return [path for path in self.root.rglob("*") if not path.is_dir()]

    def one(self, name):
        found = [path for path in self.files() if path.name == name]
        user.equal(1, len(found), f"files of the name {name}")
        return found[0]

    def environment(self):
        return user.environment(LD_LIBRARY_PATH=str(self.one("libsmtpdx.so.0").parent))


def pkg_config(installed, *words):
    pc = installed.one("libsmtpdx.pc")
    prefix = installed.one("smtpdx").parent.parent
    env = user.environment(PKG_CONFIG_PATH=str(pc.parent))
    result = user.run("pkg-config", f"--define-variable=prefix={prefix}", *words, "libsmtpdx", env=env)
    user.equal((0, ""), (result.status, result.err), f"pkg-config {words}")
    return result.out.split()


def build(installed, source, sanitizers):
    program = installed.folder / source.removesuffix(".c")
    extra = [f"-fsanitize={sanitizers}"] if sanitizers != "none" else []
    words = ["-std=c17", *STRICT, *extra, *pkg_config(installed, "--cflags"), str(HERE / source),
             *pkg_config(installed, "--libs"), "-o", str(program)]
    result = user.run("cc", *words)
    user.equal((0, "", ""), result[:3], "cc " + " ".join(words))
    return program


def main(root, meson, player, sanitizers, header, version):
    cases = user.Cases()
    header = pathlib.Path(header)
    text = re.sub(r"/\*.*?\*/", "", header.read_text(encoding="utf-8"), flags=re.S)
    declared = sorted(re.findall(r"SMTPDX_PUBLIC [^;(]*?(smtpdx_\w+)\(", text))

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        installed = Installed(meson, root, folder)

        @cases.case("the program, the library, the header, the pkg-config file and the page are installed, no more")
        def _():
            names = sorted(path.name for path in installed.files())
            user.equal(sorted(["smtpdx", "smtpdx.h", "smtpdx.1", "libsmtpdx.pc", "libsmtpdx.so", "libsmtpdx.so.0",
                               f"libsmtpdx.so.{version}"]), names, "files")

        @cases.case("each stands where a system looks for it")
        def _():
            for name, place in (("smtpdx", "bin"), ("smtpdx.h", "include"), ("smtpdx.1", "man1"),
                                ("libsmtpdx.pc", "pkgconfig")):
                user.equal(place, installed.one(name).parent.name, name)
            user.expect(os.access(installed.one("smtpdx"), os.X_OK), "the program cannot be run")

        @cases.case("the installed program runs, without the folder it was built in")
        def _():
            result = user.run(str(installed.one("smtpdx")), "--version")
            user.equal((0, f"smtpdx {version}\n", ""), result[:3], "smtpdx --version")
            sections = subprocess.run(["readelf", "-d", installed.one("smtpdx"), installed.one("libsmtpdx.so.0")],
                                      capture_output=True, text=True, check=True).stdout
            user.expect("RUNPATH" not in sections and "RPATH" not in sections, "a path to libraries is built in")
            user.expect("Library soname: [libsmtpdx.so.0]" in sections, "the library has another soname")

        @cases.case("pkg-config tells the version and asks for nothing but the library")
        def _():
            user.equal([version], pkg_config(installed, "--modversion"), "version")
            user.equal(["-lsmtpdx"], [word for word in pkg_config(installed, "--libs") if not word.startswith("-L")],
                       "libraries")

        @cases.case("the library exports what the header declares, and nothing else")
        def _():
            nm = subprocess.run(["nm", "-D", "--defined-only", installed.one("libsmtpdx.so.0")], capture_output=True,
                                text=True, check=True).stdout
            exported = sorted(line.split()[-1].split("@")[0] for line in nm.splitlines())
            if sanitizers != "none":  # which bring symbols of their own
                exported = [name for name in exported if not name.startswith(("__", "_ZN"))]
            user.equal(declared, exported, "functions")

        @cases.case("there are fifteen to twenty of them")
        def _():
            user.expect(15 <= len(declared) <= 20, f"{len(declared)}: {declared}")

        for compiler, language, standard in (("cc", "c", "c17"), ("cc", "c", "c99"), ("clang", "c", "c17"),
                                             ("c++", "c++", "c++17"), ("clang++", "c++", "c++11")):
            @cases.case(f"the header alone compiles as {standard} with {compiler}, without a warning")
            def _(compiler=compiler, language=language, standard=standard):
                if shutil.which(compiler) is None:
                    return
                source = folder / "alone"
                source.write_text("#include <smtpdx.h>\n#include <smtpdx.h>\n", encoding="ascii")
                result = user.run(compiler, "-x", language, f"-std={standard}", *STRICT, "-Wconversion", "-Wshadow",
                                  "-fsyntax-only", *pkg_config(installed, "--cflags"), str(source))
                user.equal((0, "", ""), result[:3], compiler)

        @cases.case("the header knows nothing of the libraries behind it")
        def _():
            user.equal(["stddef.h"], re.findall(r"#include <(.*)>", text), "headers")
            user.equal([], re.findall(r"\b(?:uv|gnutls|json|ares)_\w*", text), "words of others")

        @cases.case("a program built with the installed library checks a server and reports it")
        def _():
            program = build(installed, "example.c", sanitizers)
            for scenario, status in (("about works\ntarget mail.example.test\n", 0),
                                     ("about has no name\ntarget mail.example.test\ndns * nxdomain\n", 2)):
                with user.practice(player, scenario) as server:
                    words = [option.removeprefix("--") for option in server.options]
                    result = user.run(str(program), server.target, *words, env=installed.environment())
                user.equal((status, ""), (result.status, result.err), "exit status, stderr")
                report = json.loads(result.out)
                user.equal(("mail.example.test", "ok" if status == 0 else "critical"),
                           (report["target"]["host"], report["verdict"]), "host, verdict")

        @cases.case("that program hears what is wrong with an option or a file")
        def _():
            program = build(installed, "example.c", sanitizers)
            empty = folder / "empty.pem"
            empty.write_text("", encoding="ascii")
            for word, part in (("port=0", "--port"), ("bogus", "bogus"), (f"ca-file={empty}", str(empty)),
                               ("no-system-ca", "--ca-file")):
                with user.Nobody() as nobody:
                    result = user.run(str(program), "mail.example.test", nobody.option.removeprefix("--"), word,
                                      env=installed.environment())
                    user.equal((3, ""), (result.status, result.out), word)
                    user.expect(part in result.err and result.err.count("\n") == 1, result.err)
                    user.equal(0, nobody.visits(), "visits")

        @cases.case("what else a program may do with the library does no harm")
        def _():
            program = build(installed, "misuse.c", sanitizers)
            record = folder / "record.json"
            user.run(str(installed.one("smtpdx")), "simulate", "healthy", "-q", "--record", str(record))
            with user.Nobody() as nobody:
                result = user.run(str(program), f"127.0.0.1:{nobody.port}", str(record), env=installed.environment())
            user.equal((0, ""), (result.status, result.err), "exit status, stderr: " + result.out)

        return user.tap(cases)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
