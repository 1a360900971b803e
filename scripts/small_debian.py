"""A small Debian in a directory, made by mmdebstrap, and commands in it: for scripts/real-programs and scripts/other-machines."""

import os
import pathlib
import subprocess
import tempfile
import time

AS_ROOT = [] if os.geteuid() == 0 else ["sudo"]
STALE_S = 6 * 3600
# Nothing comes that was not asked for, and what fails to arrive is asked for again.
APT = """\
APT::Install-Recommends "false";
APT::Get::Assume-Yes "true";
Acquire::Languages "none";
Acquire::Check-Valid-Until "false";
Acquire::Retries "5";
Dpkg::Use-Pty "false";
quiet "1";
"""
# Nobody reads here.
DPKG = """\
path-exclude=/usr/share/man/*/*
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/info/*
path-exclude=/usr/share/locale/*
path-exclude=/usr/share/icons/*
"""
NO_CACHE = 'Binary::apt-get::APT::Keep-Downloaded-Packages "false";\n'
SERVICES = "#!/bin/sh\nexit 101\n"
NOTHING = "#!/bin/sh\n"


class Failure(Exception):
    """Something that had to work did not."""


def run(command, **options):
    """Runs a command to its end and answers what it printed; its words are in the failure."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, text=True, errors="replace", **options)
    if done.returncode != 0:
        raise Failure(f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


def own_release():
    """The release of this machine."""
    lines = pathlib.Path("/etc/os-release").read_text().split("\n")
    return dict(line.split("=", 1) for line in lines if line)["VERSION_CODENAME"]


class Debian:
    """One that is in `place`; commands have processes and mounts of their own, which end with them."""

    def __init__(self, place, release):
        self.place, self.release = place, release

    def make(self, architectures=()):
        """Makes it if it is not there, and learns which packages there are. `scripts/prepare` has installed mmdebstrap."""
        if not (self.place / "complete").exists():
            run([*AS_ROOT, "rm", "-rf", self.place])
            with tempfile.NamedTemporaryFile("w") as apt, tempfile.NamedTemporaryFile("w") as dpkg:
                for file, text in (apt, APT), (dpkg, DPKG):
                    file.write(text)
                    file.flush()
                run([*AS_ROOT, "mmdebstrap", "--quiet", "--mode=root", "--format=directory", "--variant=minbase", "--include=eatmydata",
                     "--hook-dir=/usr/share/mmdebstrap/hooks/eatmydata",
                     f"--aptopt={apt.name}", f"--dpkgopt={dpkg.name}", self.release, self.place])
            # No service is started, and Python's modules are compiled when they are used.
            self.put("usr/sbin/policy-rc.d", SERVICES, "755")
            self.put("etc/apt/apt.conf.d/90no-cache", NO_CACHE, "644")
            for compiler in "py3compile", "pycompile":
                self.inside("dpkg-divert", "--local", "--rename", "--add", f"/usr/bin/{compiler}")
                self.put(f"usr/bin/{compiler}", NOTHING, "755")
            for architecture in architectures:
                self.inside("dpkg", "--add-architecture", architecture)
            run([*AS_ROOT, "mkdir", self.place / "complete"])
        elif self.shell("dpkg --audit"):
            # An earlier run was ended while it installed.
            self.shell("eatmydata dpkg --configure -a && eatmydata apt-get --fix-broken install")
        # mmdebstrap makes no such file; without it localhost is an address only where a name server says so.
        self.put("etc/hosts", pathlib.Path("/etc/hosts").read_text(), "644")
        self.update()

    def update(self):
        """Learns which packages there are, unless that was done lately."""
        stamp = self.place / "complete/updated"
        if not stamp.exists() or time.time() - stamp.stat().st_mtime > STALE_S:
            self.inside("apt-get", "update")
            run([*AS_ROOT, "touch", stamp])

    def packages(self):
        """The packages that are installed."""
        listed = self.shell("dpkg-query -W -f '${Package} ${db:Status-Status}\n'").split("\n")
        return {line.split()[0] for line in listed if line.endswith(" installed")}

    def install(self, *packages):
        """Installs them; they may be gone again tomorrow, so nothing waits for the disk."""
        if packages:
            self.inside("eatmydata", "apt-get", "install", *packages)

    def unpack(self, package, release=None):
        """Takes the files of a package, also of another release, without what it depends on."""
        options = self.others("deb", release) if release else ""
        self.once(package, f"cd /tmp; apt-get {options} download {package}; dpkg -x {package}_*.deb /; rm {package}_*.deb")

    def source(self, package):
        """Puts the sources of a package, as its authors made them, into /source/PACKAGE."""
        options = self.others("deb-src", self.release)
        self.once(f"source/{package}", f"mkdir -p /source/{package}; cd /source/{package}; apt-get {options} source --download-only {package}; "
                                       "tar --strip-components=1 -xf *.orig.tar.*")

    def others(self, kind, release):
        """The options of apt-get for packages of another kind or release; of those nothing is known otherwise."""
        place = f"/complete/{kind}-{release}"
        options = f"-o Dir::Etc::SourceList={place}/sources.list -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists={place}/lists"
        self.once(f"{kind}-{release}/known", f"mkdir -p {place}/lists/partial; chmod -R a+rX {place}; "
                                             f"sed 's/^deb /{kind} /; s/ {self.release} / {release} /; q' /etc/apt/sources.list >{place}/sources.list; "
                                             f"apt-get {options} update")
        return options

    def once(self, what, script):
        """Runs a script in it that has to run one time."""
        if not (self.place / "complete" / what).exists():
            self.shell(f"{script}; mkdir -p $(dirname /complete/{what}); touch /complete/{what}")

    def put(self, path, text, mode):
        """Writes a file."""
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(text)
            file.flush()
            run([*AS_ROOT, "install", "-m", mode, file.name, self.place / path])

    def inside(self, *command, timeout=None, bind=(), directory="/", own_tmp=False, **environment):
        """Runs a command in it and answers what it printed. `bind` has directories of this machine and where they are seen."""
        settings = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8",
                    "DEBIAN_FRONTEND": "noninteractive", **environment}
        mounts = "".join(f'mkdir -p "$root{seen}"; mount --bind "{real}" "$root{seen}"; ' for real, seen in bind)
        if own_tmp:
            mounts += 'mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"; '
        script = f'set -e; root=$1; shift; {mounts}mount -t proc proc "$root/proc"; exec chroot "$root" "$@"'
        # What a shell starts in the background ignores interrupts, and so would all that it starts.
        wrapper = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script, "sh", self.place,
                   "env", "-i", "--default-signal", f"--chdir={directory}", *(f"{name}={value}" for name, value in settings.items())]
        return run([*AS_ROOT, *wrapper, *command], timeout=timeout)

    def shell(self, script, **options):
        return self.inside("sh", "-ec", script, **options)
