# One image, every role: the command says which.
FROM python:3.12-slim-bookworm
RUN apt-get update && apt-get install --yes --no-install-recommends mosquitto && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY constraints.txt ./
RUN python -m pip install --no-cache-dir --require-hashes --only-binary :all: -r constraints.txt
COPY pyproject.toml README.md LICENSE ./
COPY kit kit
COPY ingest ingest
COPY detectors detectors
COPY outreach outreach
COPY api api
COPY device_sim device_sim
RUN python -m pip install --no-cache-dir --no-deps --no-build-isolation . \
    && useradd --system --uid 10001 forewarn \
    && install -d -o forewarn /var/lib/forewarn
USER forewarn
ENV FOREWARN__CORE__DATA_DIR=/var/lib/forewarn FOREWARN__CORE__LOG_JSON=true
VOLUME /var/lib/forewarn
EXPOSE 8080
ENTRYPOINT ["forewarn"]
CMD ["--help"]
