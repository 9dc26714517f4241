# The vendor's provider against the emulator. var.step 1 is the first state, 2 the change in place.
terraform {
  required_providers { vngcloud = { source = "vngcloud/vngcloud" } }
}

variable "base" { type = string }
variable "client_id" { type = string }
variable "client_secret" { type = string }
variable "public_key" { type = string }
variable "step" { default = 1 }

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

resource "vngcloud_vserver_network" "n" {
  project_id = local.project
  name       = var.step == 1 ? "oracle-vpc" : "oracle-vpc-renamed"
  cidr       = "10.42.0.0/16"
}

resource "vngcloud_vserver_subnet" "s" {
  project_id = local.project
  network_id = vngcloud_vserver_network.n.id
  name       = "oracle-subnet"
  cidr       = "10.42.1.0/24"
  zone_id    = "HCM03-1C"
}

resource "vngcloud_vserver_secgroup" "g" {
  project_id  = local.project
  name        = "oracle-sg"
  description = var.step == 1 ? "first" : "second"
}

resource "vngcloud_vserver_secgroup" "h" {
  project_id  = local.project
  name        = "oracle-sg-two"
  description = "other"
}

resource "vngcloud_vserver_secgrouprule" "r" {
  project_id        = local.project
  security_group_id = vngcloud_vserver_secgroup.g.id
  direction         = "ingress"
  ethertype         = "IPv4"
  protocol          = "tcp"
  port_range_min    = 22
  port_range_max    = 22
  remote_ip_prefix  = "203.0.113.0/24"
}

resource "vngcloud_vserver_sshkey" "k" {
  project_id = local.project
  name       = "oracle-key"
  public_key = var.public_key
}

resource "vngcloud_vserver_server" "w" {
  project_id        = local.project
  name              = "oracle-web"
  flavor_id         = var.step == 1 ? "flav-e2028a81-cc75-47e4-8af1-9eef2f857f84" : "flav-d1e5634e-0565-11f0-a0a4-ec2a72332f83"
  image_id          = "img-34440a82-92fb-40bc-b79c-b1a2b49b93de"
  network_id        = vngcloud_vserver_network.n.id
  subnet_id         = vngcloud_vserver_subnet.s.id
  root_disk_size    = 20
  root_disk_type_id = "vtype-e782f8e1-0569-11f0-a0a4-ec2a72332f83"
  encryption_volume = false
  security_group    = [vngcloud_vserver_secgroup.g.id]
  ssh_key           = vngcloud_vserver_sshkey.k.id
  zone_id           = "HCM03-1C"
}

resource "vngcloud_vserver_volume" "v" {
  project_id     = local.project
  name           = "oracle-volume"
  size           = var.step == 1 ? 20 : 30
  volume_type_id = "vtype-e782f8e1-0569-11f0-a0a4-ec2a72332f83"
  zone_id        = "HCM03-1C"
}

resource "vngcloud_vserver_volume_attach" "a" {
  project_id = local.project
  volume_id  = vngcloud_vserver_volume.v.id
  server_id  = vngcloud_vserver_server.w.id
}
