# What the other file leaves out: virtual addresses and their pairs, interfaces, route tables, server groups. Each
# var.step changes one thing in place.
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

data "vngcloud_vserver_volume_type" "ssd" {
  project_id          = local.project
  volume_type_zone_id = data.vngcloud_vserver_volume_type_zone.ssd.id
  name                = "3000"
}

data "vngcloud_vserver_server_group_policy" "apart" {
  project_id = local.project
  name       = "SOFT ANTI AFFINITY"
}

resource "vngcloud_vserver_network" "n" {
  project_id = local.project
  name       = "oracle-vpc"
  cidr       = "10.42.0.0/16"
}

resource "vngcloud_vserver_subnet" "s" {
  project_id = local.project
  network_id = vngcloud_vserver_network.n.id
  name       = "oracle-subnet"
  cidr       = "10.42.1.0/24"
  zone_id    = "HCM03-1C"
}

resource "vngcloud_vserver_subnet" "t" {
  project_id = local.project
  network_id = vngcloud_vserver_network.n.id
  name       = "oracle-subnet-two"
  cidr       = "10.42.2.0/24"
  zone_id    = "HCM03-1C"
}

resource "vngcloud_vserver_secgroup" "g" {
  project_id  = local.project
  name        = "oracle-sg"
  description = "first"
}

resource "vngcloud_vserver_server_group" "p" {
  project_id  = local.project
  name        = "oracle-group"
  description = var.step >= 5 ? "second" : "first"
  policy_id   = data.vngcloud_vserver_server_group_policy.apart.id
}

resource "vngcloud_vserver_server" "w" {
  project_id        = local.project
  name              = "oracle-web"
  flavor_id         = data.vngcloud_vserver_flavor.small.id
  image_id          = data.vngcloud_vserver_image.ubuntu.id
  network_id        = vngcloud_vserver_network.n.id
  subnet_id         = vngcloud_vserver_subnet.s.id
  root_disk_size    = 20
  root_disk_type_id = data.vngcloud_vserver_volume_type.ssd.id
  encryption_volume = false
  security_group    = [vngcloud_vserver_secgroup.g.id]
  server_group_id   = vngcloud_vserver_server_group.p.id
  zone_id           = "HCM03-1C"
}

resource "vngcloud_vserver_route_table" "r" {
  project_id = local.project
  name       = "oracle-routes"
  network_id = vngcloud_vserver_network.n.id
  route {
    destination_cidr_block = "192.168.1.0/24"
    target                 = "10.42.1.10"
  }
  dynamic "route" {
    for_each = var.step >= 2 ? ["192.168.2.0/24"] : []
    content {
      destination_cidr_block = route.value
      target                 = "10.42.1.10"
    }
  }
}

resource "vngcloud_vserver_vip" "v" {
  project_id  = local.project
  name        = var.step >= 3 ? "oracle-vip-renamed" : "oracle-vip"
  description = var.step >= 3 ? "second" : "first"
  subnet_id   = vngcloud_vserver_subnet.t.id
}

resource "vngcloud_vserver_internal_interface_attach" "i" {
  project_id = local.project
  server_id  = vngcloud_vserver_server.w.id
  subnet_id  = vngcloud_vserver_subnet.t.id
  ip         = "10.42.2.50"
}

resource "vngcloud_vserver_address_pair_interface_attachment" "a" {
  project_id                    = local.project
  virtual_ip_address_id         = vngcloud_vserver_vip.v.id
  internal_network_interface_id = vngcloud_vserver_internal_interface_attach.i.id
}

resource "vngcloud_vserver_network_interface" "e" {
  project_id = local.project
  name       = var.step >= 4 ? "oracle-public-renamed" : "oracle-public"
  zone_id    = "HCM03-1C"
}

resource "vngcloud_vserver_external_interface_attach" "x" {
  project_id           = local.project
  network_interface_id = vngcloud_vserver_network_interface.e.id
  server_id            = vngcloud_vserver_server.w.id
}
