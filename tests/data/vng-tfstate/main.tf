# What the vendor's provider wrote state.tfstate from, against the emulator; see README.md.
terraform {
  required_providers { vngcloud = { source = "vngcloud/vngcloud" } }
}

variable "base" { type = string }
variable "client_id" { type = string }
variable "client_secret" { type = string }
variable "public_key" { type = string }

provider "vngcloud" {
  token_url        = "${var.base}/accounts-api/v2/auth/token"
  client_id        = var.client_id
  client_secret    = var.client_secret
  vserver_base_url = "${var.base}/vserver/vserver-gateway"
  vlb_base_url     = "${var.base}/vserver/vlb-gateway"
  vks_base_url     = "${var.base}/vks"
  vdb_base_url     = "${var.base}/vdb"
}

data "vngcloud_vserver_project" "me" {}

locals { project = data.vngcloud_vserver_project.me.id }

data "vngcloud_vserver_flavor_zone" "general" {
  project_id = local.project
  name       = "General Purpose Code S"
}

data "vngcloud_vserver_flavor" "small" {
  project_id     = local.project
  flavor_zone_id = data.vngcloud_vserver_flavor_zone.general.id
  name           = "s-general-2x4"
}

data "vngcloud_vserver_image" "ubuntu" {
  project_id     = local.project
  flavor_zone_id = data.vngcloud_vserver_flavor_zone.general.id
  name           = "Ubuntu-24.04x64"
}

data "vngcloud_vserver_volume_type_zone" "ssd" {
  project_id = local.project
  name       = "SSD"
}

data "vngcloud_vserver_volume_type" "fast" {
  project_id          = local.project
  volume_type_zone_id = data.vngcloud_vserver_volume_type_zone.ssd.id
  name                = "10000"
}

data "vngcloud_vserver_volume_type" "ssd" {
  project_id          = local.project
  volume_type_zone_id = data.vngcloud_vserver_volume_type_zone.ssd.id
  name                = "3000"
}

data "vngcloud_vserver_server_group_policy" "spread" {
  project_id = local.project
  name       = "SOFT ANTI AFFINITY"
}

resource "vngcloud_vserver_network" "main" {
  project_id = local.project
  name       = "shop-vpc"
  cidr       = "10.42.0.0/16"
}

resource "vngcloud_vserver_subnet" "web" {
  project_id = local.project
  network_id = vngcloud_vserver_network.main.id
  name       = "shop-web"
  cidr       = "10.42.1.0/24"
  zone_id    = "HCM03-1C"
}

resource "vngcloud_vserver_secgroup" "web" {
  project_id  = local.project
  name        = "shop-web"
  description = "web servers"
}

resource "vngcloud_vserver_secgrouprule" "ssh" {
  project_id        = local.project
  security_group_id = vngcloud_vserver_secgroup.web.id
  direction         = "ingress"
  ethertype         = "IPv4"
  protocol          = "tcp"
  port_range_min    = 22
  port_range_max    = 22
  remote_ip_prefix  = "203.0.113.0/24"
  description       = "from the office"
}

resource "vngcloud_vserver_secgrouprule" "http" {
  project_id        = local.project
  security_group_id = vngcloud_vserver_secgroup.web.id
  direction         = "ingress"
  ethertype         = "IPv4"
  protocol          = "tcp"
  port_range_min    = 80
  port_range_max    = 81
  remote_ip_prefix  = "0.0.0.0/0"
}

resource "vngcloud_vserver_secgrouprule" "out" {
  project_id        = local.project
  security_group_id = vngcloud_vserver_secgroup.web.id
  direction         = "egress"
  ethertype         = "IPv4"
  protocol          = "udp"
  port_range_min    = 53
  port_range_max    = 53
  remote_ip_prefix  = "10.0.0.0/8"
}

resource "vngcloud_vserver_sshkey" "deploy" {
  project_id = local.project
  name       = "shop-deploy"
  public_key = var.public_key
}

resource "vngcloud_vserver_server_group" "apart" {
  project_id  = local.project
  name        = "shop-apart"
  description = "hosts of their own"
  policy_id   = data.vngcloud_vserver_server_group_policy.spread.id
}

resource "vngcloud_vserver_server" "web" {
  count             = 2
  project_id        = local.project
  name              = "shop-web-${count.index}"
  flavor_id         = data.vngcloud_vserver_flavor.small.id
  image_id          = data.vngcloud_vserver_image.ubuntu.id
  network_id        = vngcloud_vserver_network.main.id
  subnet_id         = vngcloud_vserver_subnet.web.id
  root_disk_size    = 30
  root_disk_type_id = data.vngcloud_vserver_volume_type.ssd.id
  encryption_volume = false
  security_group    = [vngcloud_vserver_secgroup.web.id]
  ssh_key           = vngcloud_vserver_sshkey.deploy.id
  server_group_id   = vngcloud_vserver_server_group.apart.id
  zone_id           = "HCM03-1C"
}

resource "vngcloud_vserver_volume" "data" {
  count          = 2
  project_id     = local.project
  name           = "shop-data-${count.index}"
  size           = 50
  volume_type_id = data.vngcloud_vserver_volume_type.fast.id
  zone_id        = "HCM03-1C"
}

resource "vngcloud_vserver_volume_attach" "data" {
  count      = 2
  project_id = local.project
  volume_id  = vngcloud_vserver_volume.data[count.index].id
  server_id  = vngcloud_vserver_server.web[count.index].id
}

resource "vngcloud_vserver_route_table" "extra" {
  project_id = local.project
  name       = "shop-extra"
  network_id = vngcloud_vserver_network.main.id
  route {
    destination_cidr_block = "192.168.7.0/24"
    target                 = "10.42.1.5"
  }
}

resource "vngcloud_vlb_load_balancer" "front" {
  project_id = local.project
  name       = "shop-front"
  package_id = "lbp-595b7406-17b8-589e-a1a2-c393f2902882" # ALB_Small
  scheme     = "Internet"
  subnet_id  = vngcloud_vserver_subnet.web.id
  type       = "Layer 7"
  zone_id    = "HCM03-1C"
}

resource "vngcloud_vlb_pool" "web" {
  project_id       = local.project
  load_balancer_id = vngcloud_vlb_load_balancer.front.id
  name             = "shop-web"
  protocol         = "HTTP"
  stickiness       = true

  health_monitor {
    health_check_protocol = "HTTP"
    health_check_method   = "GET"
    health_check_path     = "/healthz"
    http_version          = "1.1"
    domain_name           = "shop.example"
    success_code          = "200"
  }

  dynamic "members" {
    for_each = vngcloud_vserver_server.web
    content {
      name         = members.value.name
      ip_address   = members.value.internal_interfaces[0].fixed_ip
      port         = 8080
      monitor_port = 8080
      weight       = 1
      backup       = false
    }
  }
}

resource "vngcloud_vlb_listener" "http" {
  project_id       = local.project
  load_balancer_id = vngcloud_vlb_load_balancer.front.id
  name             = "shop-http"
  protocol         = "HTTP"
  protocol_port    = 80
  default_pool_id  = vngcloud_vlb_pool.web.id
  headers          = ["X-Forwarded-For"]
}
