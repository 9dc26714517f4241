# Load balancers and what is in them. In one load balancer the provider waits 30 to 90 seconds whenever another write is
# under way, so each step changes few things of one.
variable "certificates" { type = map(object({ certificate = string, key = string })) }

locals {
  # The provider asks for packages without a zone and gets those of the default zone, which are good in no other one.
  # These are what the emulator sells in HCM03-1C.
  # ALB_Small, then ALB_Medium; NLB_Small.
  alb = var.step == 1 ? "lbp-595b7406-17b8-589e-a1a2-c393f2902882" : "lbp-a343aab9-6939-5a5c-ac8c-8e2512d8e91b"
  nlb = "lbp-2d66fe1a-0282-5ec4-8ea7-5c0c1142e4a8"
  web = [for number in range(var.step >= 3 ? 3 : 2) : { name = "member-${number}", address = "10.42.1.${20 + number}" }]
}

data "vngcloud_vlb_lb_packages" "offered" {
  project_id = local.project

  lifecycle {
    postcondition {
      condition     = length(self.packages) == 11 && self.packages[0].name == "ALB_Small" && self.packages[0].connection_number == 2000
      error_message = "other packages than those of the default zone"
    }
  }
}

resource "vngcloud_vserver_network" "n" {
  project_id = local.project
  name       = "oracle-lb-vpc"
  cidr       = "10.42.0.0/16"
}

resource "vngcloud_vserver_subnet" "s" {
  project_id = local.project
  network_id = vngcloud_vserver_network.n.id
  name       = "oracle-lb-subnet"
  cidr       = "10.42.1.0/24"
  zone_id    = "HCM03-1C"
}

resource "vngcloud_vlb_certificate" "default" {
  project_id  = local.project
  name        = "oracle-default"
  type        = "TLS/SSL"
  certificate = var.certificates["default"].certificate
  private_key = var.certificates["default"].key
}

resource "vngcloud_vlb_certificate" "other" {
  project_id        = local.project
  name              = "oracle-other"
  type              = "TLS/SSL"
  certificate       = var.certificates["other"].certificate
  private_key       = var.certificates["other"].key
  certificate_chain = var.certificates["client"].certificate
}

resource "vngcloud_vlb_certificate" "client" {
  project_id  = local.project
  name        = "oracle-client"
  type        = "CA"
  certificate = var.certificates["client"].certificate
}

resource "vngcloud_vlb_load_balancer" "alb" {
  project_id = local.project
  name       = "oracle-alb"
  package_id = local.alb
  scheme     = "Internet"
  subnet_id  = vngcloud_vserver_subnet.s.id
  type       = "Layer 7"
  zone_id    = "HCM03-1C"
}

resource "vngcloud_vlb_load_balancer" "nlb" {
  project_id = local.project
  name       = "oracle-nlb"
  package_id = local.nlb
  scheme     = "Internal"
  subnet_id  = vngcloud_vserver_subnet.s.id
  type       = "Layer 4"
  zone_id    = "HCM03-1C"
}

# Both at once: the second one finds the load balancer busy.
resource "vngcloud_vlb_pool" "web" {
  project_id       = local.project
  load_balancer_id = vngcloud_vlb_load_balancer.alb.id
  name             = "oracle-web"
  protocol         = "HTTP"
  stickiness       = var.step >= 3
  algorithm        = var.step >= 3 ? "LEAST_CONNECTIONS" : "ROUND_ROBIN"

  health_monitor {
    health_check_protocol = "HTTP"
    health_check_method   = "GET"
    health_check_path     = "/healthz"
    http_version          = "1.1"
    domain_name           = "shop.example"
    success_code          = "200"
    interval              = var.step >= 3 ? 20 : 30
  }

  dynamic "members" {
    for_each = local.web
    content {
      name         = members.value.name
      ip_address   = members.value.address
      port         = 8080
      monitor_port = 8080
      weight       = 1
      backup       = false
    }
  }
}

resource "vngcloud_vlb_pool" "api" {
  project_id       = local.project
  load_balancer_id = vngcloud_vlb_load_balancer.alb.id
  name             = "oracle-api"
  protocol         = "HTTP"
  stickiness       = false

  health_monitor {
    health_check_protocol = "TCP"
  }
}

resource "vngcloud_vlb_pool" "db" {
  project_id       = local.project
  load_balancer_id = vngcloud_vlb_load_balancer.nlb.id
  name             = "oracle-db"
  protocol         = "TCP"
  algorithm        = "SOURCE_IP"

  health_monitor {
    health_check_protocol = "TCP"
    interval              = 10
    timeout               = 3
  }

  members {
    name         = "database"
    ip_address   = "10.42.1.30"
    port         = 5432
    monitor_port = 5432
    weight       = var.step >= 3 ? 2 : 1
    backup       = false
  }
}

resource "vngcloud_vlb_listener" "http" {
  project_id       = local.project
  load_balancer_id = vngcloud_vlb_load_balancer.alb.id
  name             = "oracle-http"
  protocol         = "HTTP"
  protocol_port    = 80
  default_pool_id  = var.step >= 4 ? vngcloud_vlb_pool.api.id : vngcloud_vlb_pool.web.id
  timeout_client   = var.step >= 4 ? 60 : 50
  headers          = var.step >= 4 ? ["X-Forwarded-For"] : ["X-Forwarded-For", "X-Forwarded-Proto"]
}

resource "vngcloud_vlb_listener" "https" {
  project_id                        = local.project
  load_balancer_id                  = vngcloud_vlb_load_balancer.alb.id
  name                              = "oracle-https"
  protocol                          = "HTTPS"
  protocol_port                     = 443
  default_pool_id                   = vngcloud_vlb_pool.web.id
  default_certificate_authority     = vngcloud_vlb_certificate.default.id
  certificate_authorities           = [vngcloud_vlb_certificate.other.id]
  client_certificate_authentication = vngcloud_vlb_certificate.client.id
  depends_on                        = [vngcloud_vlb_listener.http]
}

resource "vngcloud_vlb_listener" "db" {
  project_id       = local.project
  load_balancer_id = vngcloud_vlb_load_balancer.nlb.id
  name             = "oracle-db"
  protocol         = "TCP"
  protocol_port    = 5432
  default_pool_id  = vngcloud_vlb_pool.db.id
  allowed_cidrs    = var.step >= 2 ? "10.0.0.0/8,192.168.0.0/16" : "10.0.0.0/8"
}

resource "vngcloud_vlb_l7policy" "api" {
  project_id       = local.project
  load_balancer_id = vngcloud_vlb_load_balancer.alb.id
  listener_id      = vngcloud_vlb_listener.https.id
  name             = "oracle-policy-api"
  action           = "REDIRECT_TO_POOL"
  redirect_pool_id = vngcloud_vlb_pool.api.id
  rule_type        = "PATH"
  compare_type     = var.step >= 5 ? "STARTS_WITH" : "EQUAL_TO"
  rule_value       = var.step >= 5 ? "/api/v2" : "/api"
}

resource "vngcloud_vlb_l7policy" "old" {
  project_id         = local.project
  load_balancer_id   = vngcloud_vlb_load_balancer.alb.id
  listener_id        = vngcloud_vlb_listener.http.id
  name               = "oracle-policy-old"
  action             = "REDIRECT_TO_URL"
  redirect_url       = "https://shop.example"
  redirect_http_code = var.step >= 6 ? 302 : 301
  keep_query_string  = true
  rule_type          = "HOST_NAME"
  compare_type       = "EQUAL_TO"
  rule_value         = "old.example"
  depends_on         = [vngcloud_vlb_l7policy.api]
}
