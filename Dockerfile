# The gateway in a container: slim, not root, with a read-only root file system.
#   docker build -t underdog .
#   docker run --read-only --tmpfs /tmp -v underdog:/data -p 8010:8010 -e UNDERDOG_KEYS=SECRET-KEY \
#     underdog --upstream https://api.openai.com/v1
# Its steps are those of tools/container.sh, which runs them without a container engine.
FROM python:3.12-slim AS build
COPY . /source
RUN sh /source/tools/container.sh install /source /opt/underdog

FROM python:3.12-slim
COPY --from=build /opt/underdog /opt/underdog
RUN useradd --system --uid 10001 --home-dir /data underdog && install -d -o underdog /data
COPY tools/container.sh /opt/container.sh
USER underdog
WORKDIR /data
VOLUME /data
ENV PYTHONDONTWRITEBYTECODE=1 HOME=/data
EXPOSE 8010
HEALTHCHECK --interval=10s --timeout=3s CMD ["sh", "/opt/container.sh", "health", "/opt/underdog"]
ENTRYPOINT ["sh", "/opt/container.sh", "serve", "/opt/underdog"]
