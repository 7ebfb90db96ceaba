# A static binary on an empty image: no shell, no user database, nothing to
# patch but the program. Run it read-only with one writable volume:
#   docker run --read-only --cap-drop ALL --restart unless-stopped --ulimit nofile=262144 -v hecai:/data \
#     -p 8080:8080 -p 8189:8189/udp -p 8189:8189 \
#     -e HECAI_PUBLIC_URL=https://vote.example.org -e HECAI_MEDIA_PUBLIC=203.0.113.7 hecai
# Inside, only a private address is bound; without the public one no phone sees a
# picture. The media port must be the same number inside and outside.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o /hecai ./server \
 && mkdir -p /empty/data /empty/tmp && chmod 1777 /empty/tmp

FROM scratch
COPY --from=build /hecai /hecai
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build --chown=65532:65532 /empty/data /data
COPY --from=build --chown=65532:65532 /empty/tmp /tmp
USER 65532:65532
ENV HECAI_DATA=/data HECAI_LOG_FORMAT=json
EXPOSE 8080/tcp 8189/udp 8189/tcp
VOLUME /data
ENTRYPOINT ["/hecai"]
