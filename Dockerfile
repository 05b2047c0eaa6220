# syntax=docker/dockerfile:1
# Build: the environment, with every package checked against its hash.
FROM python:3.12-slim AS build
WORKDIR /src
RUN ["python", "-m", "venv", "/opt/bridge"]
ENV PATH=/opt/bridge/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.txt requirements-build.txt ./
RUN ["pip", "install", "--require-hashes", "-r", "requirements.txt"]
# The build tool stays in this stage.
RUN ["python", "-m", "venv", "/opt/tools"]
RUN ["/opt/tools/bin/pip", "install", "--require-hashes", "-r", "requirements-build.txt"]
COPY pyproject.toml README.md ./
COPY src ./src
COPY migrations ./migrations
RUN ["/opt/tools/bin/pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", "/wheels", "."]
RUN ["pip", "install", "--no-deps", "--no-index", "--find-links", "/wheels", "bridge"]

# Run: that environment and the mappings, as nobody in particular.
FROM python:3.12-slim
RUN ["useradd", "--system", "--uid", "10001", "--home-dir", "/var/lib/bridge", "--create-home", "bridge"]
ENV PATH=/opt/bridge/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    BRIDGE_HOST=0.0.0.0 \
    BRIDGE_CONFIG=/etc/bridge/bridge.yaml \
    BRIDGE_MAPPINGS=/etc/bridge/mappings \
    BRIDGE_DATABASE_URL=sqlite:////var/lib/bridge/bridge.db
COPY --from=build /opt/bridge /opt/bridge
COPY mappings /etc/bridge/mappings
WORKDIR /var/lib/bridge
USER 10001
VOLUME ["/var/lib/bridge"]
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ.get('BRIDGE_PORT', '8080') + '/healthz', timeout=4)"]
# SIGTERM: uvicorn stops listening, then what is under way ends.
STOPSIGNAL SIGTERM
ENTRYPOINT ["bridge"]
CMD ["serve"]
