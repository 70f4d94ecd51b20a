#!/usr/bin/env python3
"""What is in the image, as SPDX 2.3 (JSON on stdout): depmend and each Debian package of which something was taken.

	src/package/sbom.py IMAGE.tar VERSION SECONDS        SECONDS: the time it names, since 1970
"""
import datetime
import gzip
import hashlib
import io
import json
import re
import sys
import tarfile
import urllib.parse


def fields(text, mark):
    return dict(line.split(mark, 1) for line in text.splitlines() if mark in line)


def packages(archive):
    """The fields of each package the image says it holds, by name, and of what distribution it is."""
    with tarfile.open(archive) as outer:
        def blob(digest):
            return outer.extractfile("./blobs/" + digest.replace(":", "/")).read()
        index = json.load(outer.extractfile("./index.json"))
        manifest = json.loads(blob(index["manifests"][0]["digest"]))
        layer = tarfile.open(fileobj=io.BytesIO(gzip.decompress(blob(manifest["layers"][0]["digest"]))))
        system = fields(layer.extractfile("./etc/os-release").read().decode().replace('"', ""), "=")
        for one in sorted(layer.getnames()):
            if "/status.d/" in one:
                yield fields(layer.extractfile(one).read().decode(), ": ") | system


def entry(name, version, supplier, purl):
    return {
        "SPDXID": "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", name),
        "name": name,
        "versionInfo": version,
        "supplier": supplier,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "MIT" if name == "depmend" else "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}],
    }


def document(archive, version, seconds):
    digest = hashlib.sha256(open(archive, "rb").read()).hexdigest()
    ours = entry("depmend", version, "Organization: depmend", f"pkg:generic/depmend@{version}")
    theirs = [entry(one["Package"], one["Version"], "Person: " + one["Maintainer"],
                    f'pkg:deb/{one["ID"]}/{one["Package"]}@{urllib.parse.quote(one["Version"], safe="")}?arch={one["Architecture"]}'
                    f'&distro={one["ID"]}-{one["VERSION_ID"]}')
              for one in packages(archive)]
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"depmend-{version}",
        "documentNamespace": f"https://spdx.org/spdxdocs/depmend-{version}-{digest[:16]}",
        "creationInfo": {
            "created": datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": ["Tool: src/package/sbom.py"],
        },
        "packages": [ours, *theirs],
        "relationships": [
            {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": ours["SPDXID"]},
            *({"spdxElementId": ours["SPDXID"], "relationshipType": "DEPENDS_ON", "relatedSpdxElement": one["SPDXID"]}
              for one in theirs),
        ],
    }


json.dump(document(sys.argv[1], sys.argv[2], int(sys.argv[3])), sys.stdout, indent=1)
print()
