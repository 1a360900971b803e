"""The machine a result was measured on, in words that do not name it."""

import os
import pathlib
import platform
import re
import subprocess


def first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.splitlines()[0]
    except (OSError, IndexError):
        return "unknown"


def setting(name):
    try:
        return pathlib.Path("/proc/sys", name).read_text().split()
    except OSError:
        return ["unknown"]


def cpu_ticks():
    """(all, stolen by other guests of the host) since the machine started."""
    numbers = [int(n) for n in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return sum(numbers), numbers[7]


def describe(libraries, rounds, seconds, pinned, buffer, before):
    """Lines of Markdown. `before` is the load average and `cpu_ticks` from before the run."""
    load_average, (all_before, stolen_before) = before
    all_now, stolen_now = cpu_ticks()
    stolen = (stolen_now - stolen_before) / max(1, all_now - all_before)
    info = pathlib.Path("/proc/cpuinfo").read_text()
    cpu = re.search(r"model name\s*: (.*)", info)
    cores = len(os.sched_getaffinity(0))
    memory = int(re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text()).group(1)) / (1 << 20)
    virtual = "a virtual machine" if re.search(r"^flags.*\bhypervisor\b", info, re.M) else "no hypervisor"
    lines = [
        f"{cores} cores of {cpu.group(1) if cpu else platform.machine()}, {virtual}, {memory:.0f} GiB of memory",
        f"{platform.system()} {platform.release()}, {' '.join(platform.libc_ver())}, {first_line('cc', '--version')}, "
        f"{first_line('rustc', '--version')}, Python {platform.python_version()}",
        f"socket buffers: {f'{buffer} bytes each way' if buffer else 'the default of the kernel'} for every candidate "
        f"(tcp_rmem {'/'.join(setting('net/ipv4/tcp_rmem'))}, tcp_wmem {'/'.join(setting('net/ipv4/tcp_wmem'))})",
        f"{'idle: each side of a pair on its own half of the cores; else placed by the kernel' if pinned else 'nothing pinned to a core'}; "
        f"one I/O thread and default options unless a case says otherwise",
        f"{rounds} interleaved rounds of {seconds:g} s a run; load average {load_average:.2f} before the run; "
        f"{stolen:.1%} of the processor's time went to other guests of the host",
    ]
    lines += [f"{l.name}: {l.describe()}" for l in libraries]
    if load_average > cores / 2:
        lines.append("**Other programs were running**: `idle` was not idle; the ratios say more than the values")
    return lines
