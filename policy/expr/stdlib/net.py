"""Addresses and ranges of addresses, as in CEL's network extension. IPv4 inside IPv6 (::ffff:a.b.c.d) is IPv4."""

from __future__ import annotations

import ipaddress

from policy.expr.functions import function
from policy.expr.machine import IPV6, address, network, show_address, show_network

Network = tuple[int, int, int]


@function(
    "ip",
    "(string) -> ip",
    partial=True,
    doc="The address that the text is; unknown for other text.",
    examples=["ip('10.1.2.3') == ip('::ffff:10.1.2.3')"],
)
def ip(text: str) -> int | None:
    return address(text)


@function(
    "ip", "(ip) -> ip", doc="The value itself.", examples=["ip(ip('::1')) == ip('::1')"], template="{0}"
)
def ip_of_ip(value: int) -> int:
    return value


@function(
    "isIP",
    "(string) -> bool",
    doc="True if the text is an address.",
    examples=["isIP('::1')", "!isIP('10.1')"],
)
def is_ip(text: str) -> bool:
    return address(text) is not None


@function(
    "ip.isCanonical",
    "(string) -> bool",
    partial=True,
    doc="True if the text is the usual notation of its address; unknown if it is no address.",
    examples=["ip.isCanonical('::1')", "!ip.isCanonical('0:0::1')"],
)
def is_canonical(text: str) -> bool | None:
    number = address(text)
    return None if number is None else show_address(number) == text


@function("family", "ip.() -> int", doc="4 or 6.", examples=["ip('10.1.2.3').family() == 4"])
def family(value: int) -> int:
    return 4 if value < IPV6 else 6


@function(
    "isLoopback",
    "ip.() -> bool",
    doc="True for 127.0.0.0/8 and ::1.",
    examples=["ip('127.0.0.1').isLoopback()"],
)
def is_loopback(value: int) -> bool:
    return _object(value).is_loopback


@function(
    "isUnspecified", "ip.() -> bool", doc="True for 0.0.0.0 and ::.", examples=["ip('::').isUnspecified()"]
)
def is_unspecified(value: int) -> bool:
    return _object(value).is_unspecified


@function(
    "isLinkLocalUnicast",
    "ip.() -> bool",
    doc="True for 169.254.0.0/16 and fe80::/10.",
    examples=["ip('169.254.1.1').isLinkLocalUnicast()"],
)
def is_link_local_unicast(value: int) -> bool:
    return _object(value).is_link_local


@function(
    "isLinkLocalMulticast",
    "ip.() -> bool",
    doc="True for 224.0.0.0/24 and ff02::/16.",
    examples=["ip('224.0.0.1').isLinkLocalMulticast()"],
)
def is_link_local_multicast(value: int) -> bool:
    if value < IPV6:
        return value >> 8 == 0xE00000
    return (value - IPV6) >> 112 == 0xFF02


@function(
    "isGlobalUnicast",
    "ip.() -> bool",
    doc="True for an address that is not unspecified, loopback, link-local, multicast or the IPv4 broadcast address; "
    "private addresses are global unicast, as in CEL.",
    examples=["ip('10.1.2.3').isGlobalUnicast()", "!ip('127.0.0.1').isGlobalUnicast()"],
)
def is_global_unicast(value: int) -> bool:
    it = _object(value)
    return not (
        it.is_unspecified or it.is_loopback or it.is_link_local or it.is_multicast or value == 0xFFFFFFFF
    )


def _object(value: int) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.IPv4Address(value) if value < IPV6 else ipaddress.IPv6Address(value - IPV6)


@function(
    "cidr",
    "(string) -> cidr",
    partial=True,
    doc="The range of addresses that the text is; unknown for other text.",
    examples=["ip('10.1.2.3') in cidr('10.0.0.0/8')"],
)
def cidr(text: str) -> Network | None:
    return network(text)


@function(
    "cidr",
    "(cidr) -> cidr",
    doc="The value itself.",
    examples=["cidr(cidr('::/0')) == cidr('::/0')"],
    template="{0}",
)
def cidr_of_cidr(value: Network) -> Network:
    return value


@function("isCIDR", "(string) -> bool", doc="True if the text is a range.", examples=["isCIDR('10.0.0.0/8')"])
def is_cidr(text: str) -> bool:
    return network(text) is not None


@function(
    "containsIP",
    "cidr.(ip) -> bool",
    doc="True if the address lies in the range.",
    examples=["cidr('10.0.0.0/8').containsIP(ip('10.1.2.3'))"],
    template="{0}[0] <= {1} <= {0}[1]",
)
def contains_ip(value: Network, item: int) -> bool:
    return value[0] <= item <= value[1]


@function(
    "containsIP",
    "cidr.(string) -> bool",
    partial=True,
    doc="Likewise for an address in text; unknown if it is none.",
    examples=["cidr('10.0.0.0/8').containsIP('10.1.2.3')"],
)
def contains_ip_text(value: Network, text: str) -> bool | None:
    item = address(text)
    return None if item is None else value[0] <= item <= value[1]


@function(
    "containsCIDR",
    "cidr.(cidr) -> bool",
    doc="True if the other range lies within.",
    examples=["cidr('10.0.0.0/8').containsCIDR(cidr('10.1.0.0/16'))"],
)
def contains_cidr(value: Network, other: Network) -> bool:
    return value[0] <= other[0] and other[1] <= value[1]


@function(
    "containsCIDR",
    "cidr.(string) -> bool",
    partial=True,
    doc="Likewise for a range in text; unknown if it is none.",
    examples=["cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')"],
)
def contains_cidr_text(value: Network, text: str) -> bool | None:
    other = network(text)
    return None if other is None else value[0] <= other[0] and other[1] <= value[1]


@function(
    "prefixLength",
    "cidr.() -> int",
    doc="The number after the slash.",
    examples=["cidr('10.0.0.0/8').prefixLength() == 8"],
)
def prefix_length(value: Network) -> int:
    return value[2]


@function(
    "ip", "cidr.() -> ip", doc="The first address.", examples=["cidr('10.0.0.0/8').ip() == ip('10.0.0.0')"]
)
def first_ip(value: Network) -> int:
    return value[0]


@function("string", "(ip) -> string", doc="The usual notation.", examples=["string(ip('0:0::1')) == '::1'"])
def string_of_ip(value: int) -> str:
    return show_address(value)


@function(
    "string",
    "(cidr) -> string",
    doc="The usual notation.",
    examples=["string(cidr('10.0.0.0/8')) == '10.0.0.0/8'"],
)
def string_of_cidr(value: Network) -> str:
    return show_network(value)
