# Varnish in front of a WebSocket server, in clear. It ends no TLS itself:
# that is for a proxy before it. Try it with:
#   varnishd -F -n "$PWD/varnish" -a 127.0.0.1:8080 -f "$PWD/varnish.vcl"
vcl 4.1;

backend server {
  .host = "127.0.0.1";
  .port = "9000";
}

# An upgrade is no page: from here on bytes pass both ways, and a worker thread
# is held for as long as the connection lives (thread_pool_max).
sub vcl_recv {
  if (req.http.Upgrade ~ "(?i)websocket") {
    return (pipe);
  }
}

# Both headers are for one hop only, and not copied unless told to.
sub vcl_pipe {
  if (req.http.Upgrade) {
    set bereq.http.Upgrade = req.http.Upgrade;
    set bereq.http.Connection = req.http.Connection;
  }
}

# A piped connection that is silent for so long is closed: 60 s by default
# (pipe_timeout). It must be longer than the time between two pings.
