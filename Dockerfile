# One image for web, worker and beat; compose.yaml says which. Build: docker build -t debrief .
FROM python:3.12-slim-bookworm AS build
WORKDIR /app
COPY requirements/base.txt requirements/base.txt
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/base.txt

FROM python:3.12-slim-bookworm
# Pango and HarfBuzz's subsetter set and shrink the PDFs' text; Noto covers scripts that the product's own fonts do not.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-core fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin debrief \
    && install -d -o debrief -g debrief /data
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DEBRIEF_STATIC_ROOT=/app/static-files
WORKDIR /app
COPY --from=build /venv /venv
COPY manage.py ./
COPY config config
COPY incidents incidents
COPY postmortems postmortems
COPY templates templates
# Collected once, into the image: replicas need no shared directory for them. The key made for this step is thrown away.
RUN DEBRIEF_DATA_DIR=/tmp/build python manage.py prepare --static-only && rm -rf /tmp/build
ENV DEBRIEF_DATA_DIR=/data
USER debrief
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/livez', timeout=4)"]
STOPSIGNAL SIGTERM
# Alone, the image is a whole installation on SQLite: docker run -p 8000:8000 -v debrief:/data debrief
CMD ["python", "manage.py", "serve", "--prepare", "--host", "0.0.0.0"]
