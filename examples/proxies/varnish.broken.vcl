# Broken: nothing hands upgrades to vcl_pipe. Varnish takes them for requests
# of a page, without Upgrade and Connection; the server answers 426 (some
# answer 400). varnish.vcl has the two subroutines that are missing.
vcl 4.1;

backend server {
  .host = "127.0.0.1";
  .port = "9000";
}
