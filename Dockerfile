# Iris as a container: the daemon and the command line. Nodes are reached over the network (libvirt, OVSDB, OpenFlow).
FROM node:20-bookworm AS build
WORKDIR /opt/iris
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-progress
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:20-bookworm-slim
# virsh and the ssh it may go through; genisoimage for NoCloud seeds; qemu-img; ovs-vsctl and ovs-appctl for doctor.
RUN apt-get update \
  && apt-get install -y --no-install-recommends \
    libvirt-clients openssh-client genisoimage qemu-utils openvswitch-common openvswitch-switch \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/iris
COPY --from=build /opt/iris/package.json ./
COPY --from=build /opt/iris/node_modules ./node_modules
COPY --from=build /opt/iris/dist ./dist
COPY --from=build /opt/iris/bin ./bin
COPY --from=build /opt/iris/wsdl ./wsdl
COPY --from=build /opt/iris/examples ./examples
RUN ln -s /opt/iris/bin/iris /usr/local/bin/iris \
  && mkdir -p /etc/iris /var/lib/iris-daemon && chown node:node /var/lib/iris-daemon
USER node
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/health').then(a => process.exit(a.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["iris"]
CMD ["serve"]
