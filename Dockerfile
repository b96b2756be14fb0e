# syntax=docker/dockerfile:1

# Two stages on one base. The first installs, verifies and tries the service; the second is the base, the installed
# environment and the model: no pip cache, no compiler, no torch, no source tree.
#
# A release names the base by digest, so that the same commit gives the same image:
#   docker build --build-arg PYTHON_IMAGE=docker.io/library/python@sha256:… .
# Any base will do that has python3 of 3.11 or newer with venv at the same path in both stages.
ARG PYTHON_IMAGE=docker.io/library/python:3.12-slim-bookworm

# ---- build -----------------------------------------------------------------------------------------------------------
FROM ${PYTHON_IMAGE} AS build

# Stay root here and write byte code now: at run time nothing can be written.
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_NO_INPUT=1

RUN python3 -m venv /opt/build && python3 -m venv --without-pip /opt/claimwire

WORKDIR /src

# Dependencies change seldom: a layer of their own, pinned by hash, wheels only, so that nothing is compiled.
# A mirror or a private certificate authority comes as a secret and stays in no layer.
COPY requirements/build.lock requirements/service.lock requirements/
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    --mount=type=secret,id=ca,target=/run/secrets/ca.crt \
    /opt/build/bin/pip install --require-hashes --only-binary :all: -r requirements/build.lock \
 && /opt/build/bin/pip --python /opt/claimwire/bin/python install \
      --require-hashes --only-binary :all: -r requirements/service.lock

COPY . .
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --no-index --wheel-dir /tmp/wheel . \
 && /opt/build/bin/pip --python /opt/claimwire/bin/python install --no-deps --no-index /tmp/wheel/*.whl

# An article through each model: every file's sha256 is checked against the manifest, and the engine runs. A changed byte
# or a missing library ends the build here rather than a pod later. MODEL and MULTILINGUAL name folders of models/; by
# default they are those that the settings name.
ARG MODEL=
ARG MULTILINGUAL=
ENV CLAIMWIRE_MODEL__DIRECTORY=/opt/model \
    CLAIMWIRE_MODEL__MULTILINGUAL_DIRECTORY=/opt/multilingual-model \
    HF_HUB_OFFLINE=1 \
    ORT_DISABLE_TELEMETRY=1
RUN set -- $(/opt/claimwire/bin/python -c 'from service import settings as s; print(s.DEFAULT_MODEL.name, s.MULTILINGUAL_MODEL.name)') \
 && cp -r "models/${MODEL:-$1}" /opt/model && cp -r "models/${MULTILINGUAL:-$2}" /opt/multilingual-model \
 && chmod -R a=rX /opt/model /opt/multilingual-model \
 && for sample in article article-ru; do \
      /opt/claimwire/bin/claimwire analyze "schemas/examples/${sample}.json" > /tmp/event.json \
      && grep -q '"speaker"' /tmp/event.json || exit 1; \
    done

RUN /opt/claimwire/bin/python deploy/image/sbom.py --model /opt/model /opt/multilingual-model > /opt/claimwire/sbom.cdx.json

# ---- run -------------------------------------------------------------------------------------------------------------
FROM ${PYTHON_IMAGE}

ARG PYTHON_IMAGE
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="claimwire" \
      org.opencontainers.image.description="News articles in, who claims what about whom out: one enriched event per article." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="${PYTHON_IMAGE}" \
      org.claimwire.sbom="/opt/claimwire/sbom.cdx.json"

# The largest and steadiest layer first: a new version of the code moves only the last one.
COPY --from=build /opt/model /opt/model
COPY --from=build /opt/multilingual-model /opt/multilingual-model
COPY --from=build /opt/claimwire /opt/claimwire

# The engine takes threads by the quota; numpy's would count the node's cores, and spin.
# 0.0.0.0 is refused unless API keys or an issuer are configured: a container without them says so and ends.
ENV PATH=/opt/claimwire/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HF_HUB_OFFLINE=1 \
    ORT_DISABLE_TELEMETRY=1 \
    OMP_NUM_THREADS=1 \
    OPENBLAS_NUM_THREADS=1 \
    HOME=/tmp \
    CLAIMWIRE_API__HOST=0.0.0.0 \
    CLAIMWIRE_API__PORT=8080 \
    CLAIMWIRE_MODEL__DIRECTORY=/opt/model \
    CLAIMWIRE_MODEL__MULTILINGUAL_DIRECTORY=/opt/multilingual-model

# By number, so that `runAsNonRoot` can be checked without reading /etc/passwd. Only /tmp need be writable.
USER 10001:10001
WORKDIR /tmp
EXPOSE 8080
STOPSIGNAL SIGTERM

# Liveness, not readiness: a broker that is away must not make the engine restart the container.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python3", "-c", "import os, urllib.request as web; web.urlopen(f\"http://127.0.0.1:{os.environ['CLAIMWIRE_API__PORT']}/health/live\", timeout=4)"]

ENTRYPOINT ["claimwire"]
CMD ["serve"]
