package mockorg

// setupSchema describes who may do what, as far as deploys make it
// (salesforce-package 1.5 and 3). Nothing here enforces a permission.
const setupSchema = `
object PermissionSet 0PS cud
Name string(80) CU unique lookup
Label string(80) CU
Description string(255) CUN
Type restricted(Regular|Standard|Session|Group) ND =Regular
IsCustom bool D =true
IsOwnedByProfile bool D
HasActivationRequired bool CUD
ProfileId ref(Profile) N

object PermissionSetAssignment 0Pa c-d
AssigneeId ref(User) C
PermissionSetId ref(PermissionSet) C
IsActive bool D =true
`

// checkAssignment refuses to assign a set twice.
func checkAssignment(t *tx, _, new Row) error {
	for _, link := range t.where("PermissionSetAssignment", "AssigneeId", new.str("AssigneeId")) {
		if link.str("PermissionSetId") == new.str("PermissionSetId") {
			return refuse("DUPLICATE_VALUE", "duplicate value found: AssigneeId duplicates value on record with id: "+link.ID(), "AssigneeId")
		}
	}
	return nil
}
