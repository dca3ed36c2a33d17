"""Which mirrors the package managers of base images ask: the image's distribution, and repositories it is made with."""

from __future__ import annotations

import json

import pytest

from reachsim.pipeline import knowledge
from reachsim.pipeline.contacts import contacts_of
from tests.contacts.test_builds import named
from tests.contacts.test_cases import surest

# FROM, the command, the hosts beside the registry's that are certain.
IMAGES = {
    "openjdk:17": ("microdnf install -y git", "{oracle}"),  # docker-library/docs, openjdk/variant-oracle.md
    "openjdk:latest": ("microdnf install -y git", "{oracle}"),
    "openjdk:11": ("apt-get update", "{debian}"),
    "openjdk:17-slim": ("apt-get update", "{debian}"),
    "maven:3.8-openjdk-17": ("microdnf install -y git", "{oracle}"),
    "maven:3.8.3-openjdk-11": ("apt-get update", "{debian}"),
    "maven:3-amazoncorretto-17": ("yum install -y git", "{amazonlinux}"),
    "tomcat:9": ("apt-get update", "{ubuntu}"),  # built on eclipse-temurin
    "tomcat:8.0-jre8": ("apt-get update", "{debian}"),
    "rabbitmq:3-management": ("apt-get update", "{ubuntu}"),
    "mysql:8": ("microdnf install -y git", "{oracle} repo.mysql.com"),  # docker-library/mysql issue 875
    "mysql:8.0-debian": ("apt-get update", "{debian}"),
    "postgres:16": ("apt-get update", "{debian} apt.postgresql.org"),
    "postgres:16-alpine": ("apk add git", "{alpine}"),
    "public.ecr.aws/docker/library/postgres:16": ("apt-get update", "public.ecr.aws {debian} apt.postgresql.org"),
    "mongo:6": ("apt-get update", "{ubuntu} repo.mongodb.org"),
    "mcr.microsoft.com/playwright:v1.40.0-jammy": ("apt-get update", "mcr.microsoft.com {ubuntu} deb.nodesource.com"),
    "mcr.microsoft.com/dotnet/sdk:8.0-azurelinux3.0": ("tdnf install -y git", "mcr.microsoft.com {azurelinux}"),
    "public.ecr.aws/amazoncorretto/amazoncorretto:17": ("yum install -y git", "public.ecr.aws {amazonlinux}"),
    "--platform=linux/arm64 ubuntu:22.04": ("apt-get update", "{ubuntu-ports}"),
    "--platform=$BUILDPLATFORM ubuntu:22.04": ("apt-get update", "{ubuntu}"),
}


def mirrors(image: str, command: str, build: str = "docker build .") -> set[str]:
    spec = {"version": 0.2, "phases": {"build": {"commands": [build]}}}
    dockerfile = f"FROM {image}\nRUN {command}\n".encode()
    found = surest(contacts_of(json.dumps(spec).encode(), {"Dockerfile": dockerfile}))
    return {host for host, word in found.items() if word == "certain" and not host.endswith(".docker.io")}


@pytest.mark.parametrize("image", IMAGES)
def test_mirrors(image: str) -> None:
    command, hosts = IMAGES[image]
    assert mirrors(image, command) == {host for host, _ in named(hosts)}


def test_an_image_for_two_platforms_asks_the_mirrors_of_both() -> None:
    both = mirrors("ubuntu", "apt-get update", "docker buildx build --platform linux/amd64,linux/arm64 .")
    assert both == {host for host, _ in named("{ubuntu} {ubuntu-ports}")}


def test_a_list_that_is_removed_asks_nobody() -> None:
    command = "rm /etc/apt/sources.list.d/pgdg.list && apt-get update"
    assert mirrors("postgres:16", command) == {host for host, _ in named("{debian}")}


# CodeBuild User Guide, "EC2 compute images", "Lambda compute images".
@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("amazonlinux-x86_64-standard:4.0", "amazonlinux-2"), ("amazonlinux2-x86_64-standard:3.0", "amazonlinux-2"),
        ("amazonlinux2-x86_64-standard:5.0", "amazonlinux"), ("amazonlinux-x86_64-standard:6.0", "amazonlinux"),
        ("amazonlinux-aarch64-standard:2.0", "amazonlinux-2"), ("amazonlinux2-aarch64-standard:3.0", "amazonlinux"),
        ("amazonlinux-x86_64-lambda-standard:nodejs18", "amazonlinux-2"),
        ("amazonlinux-aarch64-lambda-standard:nodejs22", "amazonlinux"),
        ("amazonlinux-x86_64-lambda-standard:corretto21", "amazonlinux"),
        ("ami/amazonlinux-x86_64-base:latest", "amazonlinux"), ("standard:7.0", "ubuntu"),
        ("ubuntu-standard:8.0", "ubuntu"),
    ],
)  # fmt: skip
def test_codebuilds_own_images(image: str, expected: str) -> None:
    assert knowledge.curated_distribution(f"aws/codebuild/{image}") == expected
