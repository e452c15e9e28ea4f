"""The script by which an instance becomes the way out, run by a shell whose commands are pretended."""

import stat
import subprocess
from pathlib import Path

import pytest

from infra import load

PRETENDED = ("cfn-signal", "dnf", "sysctl", "systemctl", "aws", "curl", "ip", "dd", "chmod", "mkswap", "swapon")


def run(folder: Path, failing: str = "") -> list[str]:
    """Run the script in a folder; the commands it gave, without those that ask."""
    made = load.resources("network", "dev")["NatTemplate"].properties["LaunchTemplateData"]["UserData"]
    etc, tools, log = folder / "etc", folder / "tools", folder / "log"
    (etc / "sysctl.d").mkdir(parents=True)
    (etc / "nftables").mkdir()
    (etc / "sysconfig").mkdir()
    tools.mkdir()
    for name in PRETENDED:
        tool = tools / name
        answers = {"curl": "echo i-0123", "ip": "echo 'default via 10.20.0.1 dev ens5 proto dhcp'"}
        # What an instance of the name says is that something is missing, as the real one does.
        refuses = f'case "{name} $*" in {failing}*) exit 1;; esac' if failing else ""
        tool.write_text(f'#!/bin/bash\necho "{name} $*" >> {log}\n{refuses}\n{answers.get(name, "true")}\n')
        tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    script = made.replace("/opt/aws/bin/", "").replace("/etc/", f"{etc}/")
    subprocess.run(["bash", "-c", script], env={"PATH": f"{tools}:/usr/bin:/bin"}, check=False, timeout=60)
    return [line for line in log.read_text().splitlines() if not line.startswith(("curl", "ip"))]


ROUTE = "--route-table-id network.RoutesByInstance --destination-cidr-block 0.0.0.0/0 --instance-id i-0123"
SIGNAL = "cfn-signal -e {} --stack aspireclothes-dev-network --resource NatGroup --region us-east-1"


# dnf has been killed on machines of half a gigabyte.
SWAP = (
    "dd if=/dev/zero of=/var/swap bs=1M count=512 status=none",
    *("chmod 600 /var/swap", "mkswap /var/swap", "swapon /var/swap"),
)


def test_it_forwards_first_and_takes_the_route_last(tmp_path: Path) -> None:
    assert run(tmp_path) == [
        *SWAP,
        "dnf install -y nftables",
        "sysctl --system",
        "systemctl enable --now nftables",
        "aws ec2 modify-instance-attribute --instance-id i-0123 --no-source-dest-check",
        f"aws ec2 replace-route {ROUTE}",
        SIGNAL.format(0),
    ]
    rules = (tmp_path / "etc/nftables/nat.nft").read_text()
    assert 'ip saddr 10.20.0.0/16 oifname "ens5" masquerade' in rules
    assert rules.count("{") == rules.count("}") == 2
    assert (tmp_path / "etc/sysctl.d/90-nat.conf").read_text() == "net.ipv4.ip_forward = 1\n"
    assert 'include "' in (tmp_path / "etc/sysconfig/nftables.conf").read_text()


def test_the_first_one_makes_the_route(tmp_path: Path) -> None:
    given = run(tmp_path, failing="'aws ec2 replace-route'")
    assert given[-2:] == [f"aws ec2 create-route {ROUTE}", SIGNAL.format(0)]


def test_without_swap_it_goes_on(tmp_path: Path) -> None:
    given = run(tmp_path, failing="'mkswap'")
    assert "swapon /var/swap" not in given
    assert given[-1] == SIGNAL.format(0)


@pytest.mark.parametrize("failing", ["'dnf'", "'systemctl'", "'aws ec2'"])
def test_one_that_can_not_forward_takes_no_route_and_says_so(tmp_path: Path, failing: str) -> None:
    given = run(tmp_path, failing)
    assert given[-1] == SIGNAL.format(1)
    assert SIGNAL.format(0) not in given
    if failing != "'aws ec2'":
        assert not [line for line in given if "route" in line]
