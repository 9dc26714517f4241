# Servers and what belongs to them. The provider applies only the first changed group of a server's settings per run
# (flavor, action, security groups, root disk), so each step changes one.
data "vngcloud_vserver_flavor_zone" "general" {
  project_id = local.project
  name       = "General Purpose Code S"
}

data "vngcloud_vserver_flavor" "small" {
  project_id     = local.project
  flavor_zone_id = data.vngcloud_vserver_flavor_zone.general.id
  name           = "s-general-2x4"
}

data "vngcloud_vserver_flavor" "large" {
  project_id     = local.project
  flavor_zone_id = data.vngcloud_vserver_flavor_zone.general.id
  name           = "s-general-4x8"
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

data "vngcloud_vserver_volume_type" "ssd" {
  project_id          = local.project
  volume_type_zone_id = data.vngcloud_vserver_volume_type_zone.ssd.id
  name                = "3000"
}

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
  flavor_id         = contains([1, 6], var.step) ? data.vngcloud_vserver_flavor.small.id : data.vngcloud_vserver_flavor.large.id
  image_id          = data.vngcloud_vserver_image.ubuntu.id
  network_id        = vngcloud_vserver_network.n.id
  subnet_id         = vngcloud_vserver_subnet.s.id
  root_disk_size    = var.step >= 4 ? 30 : 20
  root_disk_type_id = data.vngcloud_vserver_volume_type.ssd.id
  encryption_volume = false
  security_group    = var.step >= 3 ? [vngcloud_vserver_secgroup.g.id, vngcloud_vserver_secgroup.h.id] : [vngcloud_vserver_secgroup.g.id]
  ssh_key           = vngcloud_vserver_sshkey.k.id
  action            = var.step >= 5 ? "stop" : "start"
  zone_id           = "HCM03-1C"
}

resource "vngcloud_vserver_volume" "v" {
  project_id     = local.project
  name           = "oracle-volume"
  size           = var.step == 1 ? 20 : 30
  volume_type_id = data.vngcloud_vserver_volume_type.ssd.id
  zone_id        = "HCM03-1C"
}

resource "vngcloud_vserver_volume_attach" "a" {
  project_id = local.project
  volume_id  = vngcloud_vserver_volume.v.id
  server_id  = vngcloud_vserver_server.w.id
}
