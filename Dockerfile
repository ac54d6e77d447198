# Peduli as one image: web server, worker and commands. Not root, nothing but /data, /backups and /tmp is written.
FROM python:3.12-slim-trixie AS build
WORKDIR /src
COPY . .
RUN python -m venv /opt/peduli \
 && /opt/peduli/bin/pip install --no-cache-dir -c constraints.txt '.[fast,film,s3,trace]' \
 && /opt/peduli/bin/python -m compileall -q /opt/peduli/lib \
 && LMS_DATA=/tmp/once /opt/peduli/bin/lms --help >/dev/null

FROM python:3.12-slim-trixie
# pg_dump and pg_restore, for `lms backup`.
RUN apt-get update \
 && apt-get install -y --no-install-recommends postgresql-client \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin peduli \
 && install -d -o peduli -g peduli -m 700 /data /backups
COPY --from=build /opt/peduli /opt/peduli
COPY --from=build /src/courses/content /opt/peduli/content
ENV PATH=/opt/peduli/bin:$PATH PYTHONUNBUFFERED=1 LMS_DATA=/data LMS_HOST=0.0.0.0 LMS_PORT=8000 LMS_WEB_PROCESSES=2 LMS_LOG_STYLE=json
USER peduli
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["lms", "web"]
