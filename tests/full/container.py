#!/usr/bin/env python3
"""Run depmend's image under an OCI runtime, as a container platform would.

	container.py unpack IMAGE.tar FOLDER            the root file system of an OCI archive
	container.py pod MANIFESTS.yaml VOLUMES ROOT NAME [ARG...]
	                                                the container of the (one) CronJob's pod, with its user, groups, mounts,
	                                                capabilities and read-only root; volumes are the folders VOLUMES/NAME
	container.py run ROOT NAME WRITABLE ARG...      as the image says (user 65532, read-only root), WRITABLE as its /data

The network is the machine's own, so that a simulator on a loopback port is reached. The process becomes the runtime's: a
signal sent to it reaches depmend.
"""
import gzip
import io
import json
import os
import pathlib
import sys
import tarfile
import tempfile

import yaml

NOBODY = 65532


def unpack(archive, folder):
    with tarfile.open(archive) as outer:
        def blob(digest):
            return outer.extractfile("./blobs/" + digest.replace(":", "/")).read()
        index = json.load(outer.extractfile("./index.json"))
        manifest = json.loads(blob(index["manifests"][0]["digest"]))
        for layer in manifest["layers"]:
            with tarfile.open(fileobj=io.BytesIO(gzip.decompress(blob(layer["digest"])))) as inner:
                inner.extractall(folder, numeric_owner=True)
        return json.loads(blob(manifest["config"]["digest"]))["config"]


def mount(to, source, read_only, kind="bind", options=()):
    return {"destination": to, "type": kind, "source": str(source),
            "options": ["rbind" if kind == "bind" else "nosuid", "ro" if read_only else "rw", *options]}


def container(root, name, args, user, groups, env, cwd, mounts, read_only):
    """Become the runtime with this container."""
    namespaces = ["pid", "mount", "ipc", "uts"]
    spec = {
        "ociVersion": "1.0.2",
        "hostname": name,
        "root": {"path": str(root), "readonly": read_only},
        "process": {
            "terminal": False, "args": args, "env": env, "cwd": cwd, "noNewPrivileges": True,
            "user": {"uid": user[0], "gid": user[1], "additionalGids": groups},
            "capabilities": {k: [] for k in ("bounding", "effective", "permitted", "inheritable")},
        },
        "mounts": [mount("/proc", "proc", False, "proc"), mount("/dev", "tmpfs", False, "tmpfs", ["mode=755"]), *mounts],
        "linux": {"namespaces": [{"type": one} for one in namespaces],
                  "maskedPaths": ["/proc/kcore", "/proc/keys", "/proc/sysrq-trigger"],
                  "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys"]},
    }
    bundle = pathlib.Path(tempfile.mkdtemp(dir=os.environ.get("BUNDLES")))
    (bundle / "config.json").write_text(json.dumps(spec))
    os.execvp("runc", ["runc", "--root", str(bundle / "runtime"), "run", "--bundle", str(bundle), name])


def run(root, name, writable, *args):
    container(root, name, ["/usr/bin/depmend", *args], (NOBODY, NOBODY), [],
              ["PATH=/usr/bin", "LC_ALL=C.UTF-8", "STATE_DIRECTORY=/var/lib/depmend"], "/data",
              [mount("/data", writable, False), mount("/var/lib/depmend", pathlib.Path(writable) / "state", False),
               mount("/tmp", "tmpfs", False, "tmpfs", ["mode=1777"])], True)


def pod(manifests, volumes, root, name, *more):
    """MORE replaces the container's arguments."""
    jobs = [one for one in yaml.safe_load_all(open(manifests)) if one["kind"] == "CronJob"]
    spec = jobs[0]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    one, security = spec["containers"][0], spec["securityContext"]
    own = one["securityContext"]
    assert security["runAsNonRoot"] and not own["allowPrivilegeEscalation"] and own["capabilities"] == {"drop": ["ALL"]}
    kinds = {volume["name"]: volume for volume in spec["volumes"]}
    mounts = []
    for place in one["volumeMounts"]:
        if "emptyDir" in kinds[place["name"]]:
            mounts.append(mount(place["mountPath"], "tmpfs", False, "tmpfs", ["mode=1777"]))
        else:
            mounts.append(mount(place["mountPath"], pathlib.Path(volumes) / place["name"], place.get("readOnly", False)))
    env = ["PATH=/usr/bin", "LC_ALL=C.UTF-8", "STATE_DIRECTORY=/var/lib/depmend"]
    env += [f'{pair["name"]}={pair["value"]}' for pair in one.get("env", [])]
    user = int(os.environ.get("POD_USER", security["runAsUser"]))
    container(root, name, ["/usr/bin/depmend", *(more or one["args"])], (user, security["runAsGroup"]),
              [security["fsGroup"]], env, "/data", mounts, own["readOnlyRootFilesystem"])


if __name__ == "__main__":
    what = sys.argv[1]
    if what == "unpack":
        print(json.dumps(unpack(sys.argv[2], sys.argv[3])))
    else:
        {"run": run, "pod": pod}[what](*sys.argv[2:])
