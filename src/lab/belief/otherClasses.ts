/**
 * Classes of XAPI that the lab keeps no objects of, in lower case. event.from counts them all the same, whatever was
 * subscribed.
 */
export const otherClasses: readonly string[] = (
  'auth blob bond caller certificate cluster cluster_host console crashdump data_source dr_task driver_variant event ' +
  'feature gpu_group host_cpu host_crashdump host_driver host_patch lvhd network network_sriov observer pci pgpu pif ' +
  'pif_metrics pool_patch pool_update probe_result pusb pvs_cache_storage pvs_proxy pvs_server pvs_site rate_limit ' +
  'repository role sdn_controller secret sm sr_stat subject tunnel usb_group user vbd_metrics vdi_nbd_server_info vgpu ' +
  'vgpu_type vif vif_metrics vlan vm_appliance vm_group vm_metrics vmpp vmss vtpm vusb'
).split(' ');
