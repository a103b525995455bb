# The suite in workerd, without nodejs_compat: the runtime of Cloudflare Workers, and nothing of Node.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (services = [(name = "main", worker = .larder)]);

const larder :Workerd.Worker = (
  modules = [
    (name = "worker.mjs", esModule = embed "worker.mjs"),
    (name = "all.mjs", esModule = embed "all.mjs"),
  ],
  compatibilityDate = "2025-10-01",
);
