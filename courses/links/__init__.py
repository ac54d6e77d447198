"""Links to other sites: asked politely by a worker, never from a request; no address in a private net is ever asked."""
